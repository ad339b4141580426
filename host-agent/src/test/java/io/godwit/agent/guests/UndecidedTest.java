package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.agent.testing.TestHost;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Records whose outcome is not known: nothing runs until it is, and nothing stays behind afterwards.
class UndecidedTest {
    private static final CreateRequest WEB1 = new CreateRequest("f", "web1", false);

    @TempDir
    Path directory;

    private final ScriptedOwnership records = new ScriptedOwnership();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private TestHost host;
    private GuestTable table;
    private GuestLifecycle guests;

    @BeforeEach
    void start() throws Exception {
        host = new TestHost("h1", "127.0.0.1:1", directory, null);
        table = new GuestTable(host.config.limits());
        HostContext context = new HostContext(
                host.config, host.hypervisor, records, table, new PauseNotes(directory.resolve("paused")), threads);
        guests = new GuestLifecycle(
                context, TestHost.parser(), Consoles.NONE, (_, _, _) -> List.of(), InstantSource.system());
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        host.close();
    }

    @Test
    void doesNotStartAGuestWhoseClaimIsUndecidedAndGivesItUpOnceItIsKnown() {
        records.fail(new OwnershipException(Kind.UNDECIDED, "No answer"));
        records.answer(new Verdict.Mine(1));
        records.put(new GuestEntry("web1", "{}", new OwnerRecord("h1", "boot", 1, new OwnerState.Stopped()), 1));
        assertThatThrownBy(() -> guests.create(WEB1, false)).isInstanceOfSatisfying(AgentException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(e.state()).isEqualTo("not started");
        });
        assertThat(host.hypervisor.present()).isEmpty();
        await().until(() -> table.find("web1").isEmpty());
        assertThat(records.calls()).containsExactly("claim web1", "settle web1", "stopped web1 1", "forget web1");
        assertThat(host.hypervisor.present()).isEmpty();
    }

    @Test
    void leavesARecordAloneThatTurnsOutToBeAnothers() {
        records.fail(new OwnershipException(Kind.UNDECIDED, "No answer"));
        records.answer(new Verdict.NotMine("h2", 5));
        assertThatThrownBy(() -> guests.create(WEB1, false)).isInstanceOf(AgentException.class);
        await().until(() -> table.find("web1").isEmpty());
        assertThat(records.calls()).containsExactly("claim web1", "settle web1");
    }

    @Test
    void forgetsADestroyedGuestLaterWhenItsRecordIsUndecided() throws Exception {
        guests.create(WEB1, false);
        records.fail(new OwnershipException(Kind.UNDECIDED, "No answer"));
        records.answer(new Verdict.Mine(1));
        assertThatThrownBy(() -> guests.destroy("web1"))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE));
        assertThat(host.hypervisor.present()).isEmpty();
        await().until(() -> table.find("web1").isEmpty());
        assertThat(records.calls())
                .containsExactly("claim web1", "stopped web1 1", "settle web1", "stopped web1 1", "forget web1");
    }

    @Test
    void keepsTheRecordOfAGuestThatCanBeNeitherRunNorEnded() throws Exception {
        guests.create(WEB1, false);
        host.hypervisor.guest("web1").refuseDestroy(true);
        assertThatThrownBy(() -> guests.destroy("web1"))
                .isInstanceOf(AgentException.class)
                .hasMessageContaining("refuses to die");
        assertThat(records.calls()).containsExactly("claim web1");
        host.hypervisor.guest("web1").refuseDestroy(false);
        guests.destroy("web1");
        assertThat(records.calls()).containsExactly("claim web1", "stopped web1 1", "forget web1");
    }

    @Test
    void refusesEarlyWithoutZooKeeper() {
        records.disconnect();
        assertThatThrownBy(() -> guests.create(WEB1, false))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE));
        assertThat(records.calls()).isEmpty();
        assertThat(table.all()).isEmpty();
    }
}
