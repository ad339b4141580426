package io.godwit.agent;

import io.godwit.agent.guests.Consoles;
import io.godwit.agent.guests.GuestFileParser;
import io.godwit.agent.storage.ImageRole;
import io.godwit.migration.IncomingGuests;
import io.godwit.migration.MigrationEngine;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.AddressProbe;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.Ownership;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// What an agent is made of. A test may put something else in the place of any part.
///
/// @param engine opened by the agent once it has adopted its guests
/// @param clock  for the limits of restarts
/// @param daemons used if this host serves images
/// @param rehearsalEngine listens on the loopback interface only; null to rehearse nothing, whatever is configured
public record AgentParts(
        Hypervisor hypervisor,
        Consoles consoles,
        Ownership ownership,
        AddressTakeover takeover,
        AddressProbe probe,
        EngineFactory engine,
        GuestFileParser parser,
        PrometheusMeterRegistry meters,
        InstantSource clock,
        ImageRole.StorageDaemons daemons,
        @Nullable EngineFactory rehearsalEngine) {

    /// Of a host that serves no images and rehearses nothing.
    public AgentParts(
            Hypervisor hypervisor,
            Consoles consoles,
            Ownership ownership,
            AddressTakeover takeover,
            AddressProbe probe,
            EngineFactory engine,
            GuestFileParser parser,
            PrometheusMeterRegistry meters,
            InstantSource clock) {
        this(
                hypervisor,
                consoles,
                ownership,
                takeover,
                probe,
                engine,
                parser,
                meters,
                clock,
                ImageRole.StorageDaemons.NONE,
                null);
    }

    /// Opens a migration engine.
    @FunctionalInterface
    public interface EngineFactory {
        MigrationEngine open(IncomingGuests incoming, MeterRegistry meters) throws IOException;
    }
}
