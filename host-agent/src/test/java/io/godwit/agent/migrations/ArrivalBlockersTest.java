package io.godwit.agent.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.guests.Admission;
import io.godwit.agent.guests.GuestTable;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PauseNotes;
import io.godwit.agent.guests.SlotState;
import io.godwit.agent.guests.SpecJson;
import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.shim.GuestSpec;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArrivalBlockersTest {
    @TempDir
    Path directory;

    private final ScriptedOwnership records = new ScriptedOwnership();
    private TestHost host;
    private GuestTable table;
    private ArrivalBlockers blockers;
    private GuestSpec spec;

    @BeforeEach
    void start() throws Exception {
        host = new TestHost("h2", "127.0.0.1:1", directory, null);
        table = new GuestTable(host.config.limits());
        HostContext context = new HostContext(
                host.config,
                host.hypervisor,
                records,
                table,
                new PauseNotes(directory.resolve("paused")),
                ForkJoinPool.commonPool());
        blockers = new ArrivalBlockers(context, new Admission(host.config, host.hypervisor));
        spec = TestHost.spec("web1", 32, host.hypervisor.capabilities());
        records.put(entry("h1", HostState.UP));
        records.put(entry("h2", HostState.UP));
        record("h1", new OwnerState.Running(), spec);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    @Test
    void haveNothingAgainstAnHonestOffer() {
        assertThat(blockers.of(offer("h1"))).isEmpty();
    }

    @Test
    void knowTheHostsOfTheCluster() {
        assertThat(blockers.of(offer("h9")))
                .anySatisfy(
                        b -> assertThat(b).contains("no host of this cluster").contains("h9"));
        assertThat(blockers.of(offer("h2"))).anySatisfy(b -> assertThat(b).contains("same host"));
    }

    @Test
    void believeTheRecordAndNotTheSource() {
        record("h3", new OwnerState.Running(), spec);
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("it says h3");
        record("h1", new OwnerState.Stopped(), spec);
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("Stopped");
        record("h1", new OwnerState.Handover("h3", UUID.randomUUID()), spec);
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("Handover");
        record("h1", new OwnerState.Running(), TestHost.spec("web1", 64, host.hypervisor.capabilities()));
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("not specified as its record says");
    }

    @Test
    void keepAHostInMaintenanceEmpty() {
        records.put(entry("h2", HostState.DRAINING));
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("drained");
        records.put(entry("h2", HostState.MAINTENANCE));
        assertThat(blockers.of(offer("h1"))).singleElement().asString().contains("maintenance");
    }

    @Test
    void countTheGuestsThatAreHereAndThoseThatCome() throws Exception {
        table.reserveArrival(
                TestHost.spec("big", 240, host.hypervisor.capabilities()),
                new SlotState.Arriving("h3", UUID.randomUUID()));
        table.enter("web1", 0, 0, new SlotState.Reserved("being started"));
        assertThat(String.join("\n", blockers.of(offer("h1"))).lines())
                .hasSize(3)
                .anyMatch(b -> b.contains("being started"))
                .anyMatch(b -> b.contains("no room"))
                .anyMatch(b -> b.contains("receives as many guests"));
    }

    @Test
    void doWithoutTheRecordsWhenZooKeeperIsAway() {
        records.disconnect();
        host.hypervisor.setBlockers("There is no bridge br0");
        assertThat(blockers.of(offer("h1"))).hasSize(2).anyMatch(b -> b.contains("ZooKeeper"));
    }

    private void record(String owner, OwnerState state, GuestSpec recorded) {
        records.put(new GuestEntry("web1", SpecJson.write(recorded), new OwnerRecord(owner, "boot", 4, state), 1));
    }

    private static HostEntry entry(String name, HostState state) {
        return new HostEntry(name, "127.0.0.1", 1, 2, 1L << 30, state, true);
    }

    private Offer offer(String source) {
        return new Offer(UUID.randomUUID(), source, spec, "QEMU 7.2.22", "tcg", List.of());
    }
}
