package io.godwit.agent;

import static io.godwit.agent.testing.Answers.error;
import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.AdjustRequest;
import io.godwit.agent.api.Blockers;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.MigrationView;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Two agents on real records, and guests without memory that move between them.
@Execution(ExecutionMode.CONCURRENT)
class ClusterTest {
    private static final String MIGRATION = "/v1/guests/web1/migration";

    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private TestHost h1;
    private TestHost h2;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        h1 = new TestHost("h1", zooKeeper.getConnectString(), directory, null);
        h2 = new TestHost("h2", zooKeeper.getConnectString(), directory, null);
        h1.start();
        h2.start();
    }

    @AfterEach
    void stop() throws Exception {
        TestHost.closeAll(h1, h2);
        zooKeeper.close();
    }

    @Test
    void movesAGuestThereAndBack() {
        create(h1, "web1", false);
        MigrationReport there = follow(h1, migrate(h1, "web1", "h2"));
        assertThat(there.result()).isEqualTo(Result.COMPLETED);
        assertThat(there.epoch()).isEqualTo(2);
        assertThat(view(h2, "web1")).isEqualTo(new GuestView("web1", "h2", "running", 2, 32L << 20, 1, ""));
        assertThat(h1.hypervisor.present()).isEmpty();
        await().until(() -> h2.hypervisor.guest("web1").announcements.get() == 1);
        assertThat(h2.announced).containsExactly("web1 br0 52:54:00:00:00:01 []");
        assertThat(h1.announced).containsOnly("web1 silent");

        // Back again, asked of the host that does not have it: the request is passed on, and so are its events.
        MigrationReport back = follow(h1, migrate(h1, "web1", "h1"));
        assertThat(back.result()).isEqualTo(Result.COMPLETED);
        assertThat(back.source()).isEqualTo("h2");
        assertThat(view(h1, "web1").epoch()).isEqualTo(3);
        assertThat(h2.hypervisor.present()).isEmpty();

        // Each host knows the migration that left it last, unless the guest came back.
        assertThat(migration(h2, "web1").id()).isEqualTo(back.migration());
        assertThat(migration(h1, "web1").id()).isEqualTo(back.migration());
    }

    @Test
    void keepsAPausedGuestPausedAcrossAMoveAndARestart() throws Exception {
        create(h1, "web1", true);
        assertThat(follow(h1, migrate(h1, "web1", "h2")).result()).isEqualTo(Result.COMPLETED);
        assertThat(view(h1, "web1").state()).isEqualTo("paused");
        await().until(() -> h2.hypervisor.guest("web1").announcements.get() == 1);
        h2.stop();
        h2.start();
        assertThat(view(h2, "web1").state()).isEqualTo("paused");
    }

    @Test
    void passesRequestsOnToTheGuestsOwner() {
        create(h1, "web1", false);
        assertThat(json(h2.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .containsExactly(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
        assertThat(json(h2.post("/v1/guests/web1/pause"), HttpStatus.OK, GuestView.class)
                        .state())
                .isEqualTo("paused");
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.PAUSED);
        assertThat(error(h2.get("/v1/guests/web1/console"), HttpStatus.NOT_FOUND)
                        .message())
                .contains("no console");
        assertThat(h2.delete("/v1/guests/web1").status()).isEqualTo(HttpStatus.OK);
        assertThat(h1.hypervisor.present()).isEmpty();
    }

    @Test
    void saysWhatIsKnownOfAGuestWhoseHostDoesNotAnswer() {
        create(h1, "web1", false);
        h1.stop();
        ErrorView unavailable = error(h2.get("/v1/guests/web1"), HttpStatus.SERVICE_UNAVAILABLE);
        assertThat(unavailable.code()).isEqualTo("UNAVAILABLE");
        assertThat(unavailable.state()).contains("h1").contains("epoch 1");
        assertThat(unavailable.hint()).isNotEmpty();
        assertThat(json(h2.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .containsExactly(new GuestView("web1", "h1", "unknown", 1, 32L << 20, 1, ""));
        assertThat(error(create(h2, "web1", false), HttpStatus.CONFLICT).message())
                .contains("runs already");
        assertThat(h2.hypervisor.present()).isEmpty();
    }

    @Test
    void refusesMigrationsThatCannotBe() {
        create(h1, "web1", false);
        ErrorView unknown = error(start(h1, "web1", "h9"), HttpStatus.NOT_FOUND);
        assertThat(unknown.message()).contains("h9");
        assertThat(unknown.hint()).contains("h1, h2");
        assertThat(unknown.state()).isEqualTo("running");
        assertThat(error(start(h1, "web1", "h1"), HttpStatus.CONFLICT).message())
                .contains("already");
        assertThat(error(start(h1, "none", "h2"), HttpStatus.NOT_FOUND).message())
                .contains("none");
        MigrateRequest wrong = new MigrateRequest("h2", -1L, null, null, false, false);
        assertThat(error(h1.post("/v1/guests/web1/migration", wrong), HttpStatus.BAD_REQUEST)
                        .message())
                .contains("Downtime");
        MigrateRequest odd = new MigrateRequest("h2", null, null, null, null, null, null, "gzip", false, false);
        assertThat(error(h1.post("/v1/guests/web1/migration", odd), HttpStatus.BAD_REQUEST)
                        .message())
                .contains("not one of auto, fast, none, lz4, zstd: gzip");
        h2.stop();
        assertThat(error(start(h1, "web1", "h2"), HttpStatus.UNPROCESSABLE_ENTITY)
                        .message())
                .contains("h2");
        assertThat(view(h1, "web1").state()).isEqualTo("running");
    }

    @Test
    void tellsAllBlockersOfADryRunAtOnce() {
        create(h1, "web1 200", false);
        create(h2, "other 100", false);
        Hypervisor.Capabilities old = new Hypervisor.Capabilities("QEMU 6.2.0", List.of(), List.of(), "kvm", "x", "y");
        h2.hypervisor.setCapabilities(old);
        h2.hypervisor.setBlockers("There is no bridge br0");
        MigrateRequest dryRun = new MigrateRequest("h2", null, null, null, false, true);
        Blockers blockers = json(h1.post("/v1/guests/web1/migration", dryRun), HttpStatus.OK, Blockers.class);
        assertThat(blockers.blockers()).hasSize(4);
        assertThat(String.join("\n", blockers.blockers()))
                .contains("There is no bridge br0")
                .contains("runs under tcg")
                .contains("QEMU 6.2.0")
                .contains("no room");
        assertThat(view(h1, "web1").migratingTo()).isEmpty();

        MigrationReport failed = follow(h1, migrate(h1, "web1", "h2"));
        assertThat(failed.result()).isEqualTo(Result.FAILED);
        assertThat(failed.reason().lines()).containsExactlyElementsOf(blockers.blockers());
        assertThat(view(h1, "web1").state()).isEqualTo("running");
        assertThat(h2.hypervisor.present()).containsExactly("other");
    }

    @Test
    void doesNothingElseWithAGuestThatMigratesAndCancels() {
        create(h1, "web1", false);
        create(h1, "web2", false);
        h1.engine().hold();
        migrate(h1, "web1", "h2");
        assertThat(view(h1, "web1").migratingTo()).isEqualTo("h2");
        ErrorView busy = error(start(h1, "web1", "h2"), HttpStatus.CONFLICT);
        assertThat(busy.message()).contains("migrating to h2");
        assertThat(busy.hint()).contains("godwit cancel web1");
        assertThat(error(h1.delete("/v1/guests/web1"), HttpStatus.CONFLICT).code())
                .isEqualTo("CONFLICT");
        assertThat(error(start(h1, "web2", "h2"), HttpStatus.UNPROCESSABLE_ENTITY)
                        .message())
                .contains("as many guests");
        await().until(() -> h2.hypervisor.present().contains("web1"));
        assertThat(error(create(h2, "web1", false), HttpStatus.CONFLICT).message())
                .contains("arriving");

        CompletableFuture<AggregatedHttpResponse> events = h2.stream(
                        HttpMethod.GET, "/v1/guests/web1/migration/events", "")
                .aggregate();
        assertThat(h1.delete("/v1/guests/web1/migration").status()).isEqualTo(HttpStatus.ACCEPTED);
        MigrationReport report = lastEvent(events.join());
        assertThat(report.result()).isEqualTo(Result.CANCELLED);
        assertThat(view(h1, "web1")).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
        assertThat(h2.hypervisor.present()).isEmpty();
        assertThat(error(h1.delete("/v1/guests/web1/migration"), HttpStatus.CONFLICT)
                        .message())
                .contains("not migrating");
        h1.engine().release();
    }

    @Test
    void looksAtAGuestThatEndedInAMigrationWhenThatIsOver() {
        create(h1, "web1", false);
        h1.engine().hold();
        migrate(h1, "web1", "h2");
        await().until(() -> h2.hypervisor.present().contains("web1"));
        h1.hypervisor.guest("web1").end(EndReason.POWEROFF);
        assertThat(h1.delete("/v1/guests/web1/migration").status()).isEqualTo(HttpStatus.ACCEPTED);
        await().until(() -> h1.get("/v1/guests/web1").status().equals(HttpStatus.NOT_FOUND));
        assertThat(h1.hypervisor.present()).isEmpty();
        assertThat(h2.hypervisor.present()).isEmpty();
    }

    @Test
    void changesLimitsOfAMigrationUnderWayFromAnyHost() {
        create(h1, "web1", false);
        assertThat(error(h2.patch(MIGRATION, new AdjustRequest(1L << 20, null)), HttpStatus.NOT_FOUND)
                        .message())
                .contains("No migration");
        h1.engine().hold();
        MigrationView view = migrate(h1, "web1", "h2");
        assertThat(error(h2.patch(MIGRATION, new AdjustRequest(12L, null)), HttpStatus.BAD_REQUEST)
                        .message())
                .contains("64 KiB/s");
        assertThat(h2.patch(MIGRATION, new AdjustRequest(null, 777L)).status()).isEqualTo(HttpStatus.ACCEPTED);
        h1.engine().release();
        assertThat(follow(h1, view).downtimeBudgetMs()).isEqualTo(777);
        assertThat(h1.patch(MIGRATION, new AdjustRequest(null, 777L)).status()).isEqualTo(HttpStatus.CONFLICT);
    }

    @Test
    void resumesAtTheSecondAttemptWhatIsItsOwn() {
        create(h1, "web1", false);
        h2.hypervisor.refuseResume(true);
        assertThat(follow(h1, migrate(h1, "web1", "h2")).result()).isEqualTo(Result.COMPLETED);
        assertThat(view(h2, "web1").state()).isEqualTo("paused");
        h2.hypervisor.refuseResume(false);
        assertThat(h2.post("/v1/guests/web1/resume").status()).isEqualTo(HttpStatus.OK);
        assertThat(view(h1, "web1").state()).isEqualTo("running");
    }

    @Test
    void destroysTheCopyThatWasOutrunWhileItsAgentWasAway() throws Exception {
        create(h1, "web1", false);
        follow(h1, migrate(h1, "web1", "h2"));
        h1.stop();
        h1.hypervisor.plant(TestHost.spec("web1", 32, h1.hypervisor.capabilities()), RunState.PAUSED);
        h1.start();
        assertThat(h1.hypervisor.present()).isEmpty();
        assertThat(view(h1, "web1").host()).isEqualTo("h2");
    }

    @Test
    void migratesOnlyWithZooKeeper() throws Exception {
        create(h1, "web1", false);
        zooKeeper.stop();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            ErrorView refused = error(start(h1, "web1", "h2"), HttpStatus.SERVICE_UNAVAILABLE);
            assertThat(refused.message()).contains("ZooKeeper");
            assertThat(refused.state()).isEqualTo("running");
        });
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
    }

    private static AggregatedHttpResponse create(TestHost host, String text, boolean paused) {
        return host.post("/v1/guests", new CreateRequest("f", text, paused));
    }

    private static AggregatedHttpResponse start(TestHost host, String guest, String target) {
        return host.post(
                "/v1/guests/" + guest + "/migration", new MigrateRequest(target, null, null, null, false, false));
    }

    private static MigrationView migrate(TestHost host, String guest, String target) {
        return json(start(host, guest, target), HttpStatus.ACCEPTED, MigrationView.class);
    }

    private static MigrationView migration(TestHost host, String guest) {
        return json(host.get("/v1/guests/" + guest + "/migration"), HttpStatus.OK, MigrationView.class);
    }

    private static MigrationReport follow(TestHost host, MigrationView migration) {
        MigrationReport report = lastEvent(host.get("/v1/guests/" + migration.guest() + "/migration/events"));
        assertThat(report.migration()).isEqualTo(migration.id());
        return report;
    }

    private static MigrationReport lastEvent(AggregatedHttpResponse events) {
        assertThat(events.status()).as(events.contentUtf8()).isEqualTo(HttpStatus.OK);
        List<String> blocks = List.of(events.contentUtf8().split("\n\n", -1));
        assertThat(blocks.getFirst()).startsWith("event: progress\ndata: {");
        String last = blocks.get(blocks.size() - 2);
        assertThat(last).startsWith("event: report\ndata: {");
        return TestHost.JSON.readValue(last.substring(last.indexOf('{')), MigrationReport.class);
    }

    private static GuestView view(TestHost host, String guest) {
        return json(host.get("/v1/guests/" + guest), HttpStatus.OK, GuestView.class);
    }
}
