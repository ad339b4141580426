package io.godwit.agent.guests;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.storage.ImageGrants;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.Ownership;
import java.util.concurrent.ExecutorService;

/// What everything that handles this host's guests needs.
///
/// @param images  how guests come by their images
/// @param threads one virtual thread a task; interrupted when the agent stops
public record HostContext(
        AgentConfig config,
        Hypervisor hypervisor,
        Ownership ownership,
        GuestTable table,
        PauseNotes notes,
        ExecutorService threads,
        ImageGrants images) {

    /// With images in plain directories only.
    public HostContext(
            AgentConfig config,
            Hypervisor hypervisor,
            Ownership ownership,
            GuestTable table,
            PauseNotes notes,
            ExecutorService threads) {
        this(config, hypervisor, ownership, table, notes, threads, ImageGrants.NONE);
    }

    /// What must be remembered of guests some of whose pages are at another host.
    public PageNotes pageNotes() {
        return new PageNotes(config.runDirectory().resolve("pages"));
    }

    /// This host's name.
    public String name() {
        return config.name();
    }
}
