package io.godwit.agent.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.guests.Announcements;
import io.godwit.agent.guests.Consoles;
import io.godwit.agent.guests.GuestLifecycle;
import io.godwit.agent.guests.GuestTable;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PauseNotes;
import io.godwit.agent.guests.SlotState;
import io.godwit.agent.guests.SpecJson;
import io.godwit.agent.testing.FakeGuest;
import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.IncomingGuests.Incoming;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.RunState;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A guest that is this host's by the record, but could not be resumed at the first attempt.
class ArrivalsTest {
    private static final long EPOCH = 5;

    @TempDir
    Path directory;

    private final ScriptedOwnership records = new ScriptedOwnership();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AddressTakeover takeover = AddressTakeover.over((_, _) -> {}, new SimpleMeterRegistry());
    private TestHost host;
    private GuestTable table;
    private Incoming arrival;
    private FakeGuest guest;

    @BeforeEach
    void receiveAGuest() throws Exception {
        host = new TestHost("h2", "127.0.0.1:1", directory, null);
        table = new GuestTable(host.config.limits());
        HostContext context = new HostContext(
                host.config, host.hypervisor, records, table, new PauseNotes(directory.resolve("paused")), threads);
        GuestLifecycle guests = new GuestLifecycle(
                context, TestHost.parser(), Consoles.NONE, (_, _, _) -> List.of(), InstantSource.system());
        Arrivals arrivals =
                new Arrivals(context, guests.admission(), guests.ends(), new Announcements(context, takeover), _ -> {});
        GuestSpec spec = TestHost.spec("web1", 32, host.hypervisor.capabilities());
        records.put(new HostEntry("h1", "127.0.0.1", 1, 2, 1L << 30, HostState.UP, true));
        records.put(new GuestEntry(
                "web1", SpecJson.write(spec), new OwnerRecord("h1", "boot", EPOCH - 1, new OwnerState.Running()), 1));
        arrival = arrivals.prepare(new Offer(UUID.randomUUID(), "h1", spec, "QEMU 7.2.22", "tcg", List.of()));
        guest = host.hypervisor.guest("web1");
        guest.setState(RunState.PAUSED);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        takeover.close();
        host.close();
    }

    @Test
    void isResumedAgainIfTheRecordStillSaysItIsOurs() {
        records.answer(new Verdict.Mine(EPOCH));
        arrival.taken(EPOCH, false, "QEMU did not answer");
        await().until(() -> guest.state() == RunState.RUNNING);
        assertThat(records.calls()).containsExactly("settle web1");
    }

    @Test
    void staysPausedIfItIsAnothersByNow() {
        records.answer(new Verdict.NotMine("h3", EPOCH + 1));
        arrival.taken(EPOCH, false, "QEMU did not answer");
        awaitSettled();
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
    }

    /// Whoever raised the epoch in between has started another copy, or sent this one on and taken it back.
    @Test
    void staysPausedIfItIsOursInAnotherEpoch() {
        records.answer(new Verdict.Mine(EPOCH + 2));
        arrival.taken(EPOCH, false, "QEMU did not answer");
        awaitSettled();
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
    }

    @Test
    void staysPausedAndTheRecordUnaskedIfItWasSentOnMeanwhile() throws Exception {
        var slot = table.find("web1").orElseThrow();
        table.alone(slot, () -> {
            arrival.taken(EPOCH, false, "QEMU did not answer");
            table.transitionTo(slot, new SlotState.Leaving(guest, EPOCH, "h3", UUID.randomUUID()), "moved on");
            return true;
        });
        awaitSettled();
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
        assertThat(records.calls()).isEmpty();
    }

    /// The guest's end is watched last of all, so what comes before has been done once it is.
    private void awaitSettled() {
        await().until(() -> guest.gone().getNumberOfDependents() > 0);
    }
}
