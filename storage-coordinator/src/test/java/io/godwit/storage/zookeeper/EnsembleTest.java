package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.Claims;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.handover.OwnerChange;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.common.X509Exception.SSLContextException;
import org.junit.jupiter.api.Test;

/// Three servers, of which one dies in the middle of a race and comes back.
class EnsembleTest {
    private static final int TICK_MS = 200;

    @Test
    void exactlyOneWinsWhileServersDie() throws Exception {
        withCluster(EnsembleTest::race);
    }

    @Test
    void claimsAndHandoversOutliveTheirLeader() throws Exception {
        withCluster((cluster, alpha, beta) -> {
            OwnerRecord before = HandoverRace.claimed(alpha);
            for (int round = 0; round < 3; round++) {
                InstanceSpec leader = leader(cluster);
                try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                    String guest = "claimed-" + round;
                    Future<Long> claim = threads.submit(() -> claimed(alpha, guest));
                    Host source = before.host().equals("alpha") ? alpha : beta;
                    Host target = before.host().equals("alpha") ? beta : alpha;
                    OwnerRecord record = before;
                    Future<HandoverRace> race =
                            threads.submit(() -> HandoverRace.run(source, target, record, Loss.NONE, Loss.NONE, 0));
                    cluster.killServer(leader);
                    HandoverRace result = race.get(60, TimeUnit.SECONDS);
                    assertThat(result.violation())
                            .as("round %d: %s", round, result)
                            .isNull();
                    assertThat(claim.get(60, TimeUnit.SECONDS)).isEqualTo(1);
                    before = result.after();
                }
                assertThat(leader(cluster)).as("the one elected after").isNotEqualTo(leader);
                cluster.restartServer(leader);
            }
            assertThat(alpha.ownership().guests()).hasSize(4);
        });
    }

    private static void withCluster(Scene scene) throws Exception {
        List<Path> folders = new ArrayList<>();
        List<InstanceSpec> specs = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            Path data = Files.createTempDirectory("godwit-coordinator-ensemble");
            folders.add(data);
            specs.add(new InstanceSpec(data.toFile(), -1, -1, -1, true, id, TICK_MS, 100));
        }
        try (TestingCluster cluster = new TestingCluster(specs)) {
            cluster.start();
            // The servers do the losing here, so the hosts reach them directly and their proxy has nothing to do.
            try (LossyProxy idle = new LossyProxy(0);
                    ZooKeeperOwnership alpha = ownership(cluster, "alpha");
                    ZooKeeperOwnership beta = ownership(cluster, "beta")) {
                scene.play(
                        cluster,
                        new Host("alpha", alpha, idle, new SimpleMeterRegistry()),
                        new Host("beta", beta, idle, new SimpleMeterRegistry()));
            }
        }
        for (Path data : folders) {
            ServerLeftovers.remove(data);
        }
    }

    @FunctionalInterface
    private interface Scene {
        void play(TestingCluster cluster, Host alpha, Host beta) throws Exception;
    }

    /// Asks again while the outcome is unknown, as an agent does. A claim of its own that was applied after all
    /// says so.
    private static long claimed(Host host, String guest) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return host.ownership().claim(guest, "{}", new Claims(Set.of(), Set.of()));
            } catch (OwnershipException e) {
                if (e.kind() != OwnershipException.Kind.UNDECIDED || attempt == 10) {
                    return host.ownership().guest(guest).orElseThrow().owner().epoch();
                }
            }
        }
    }

    private static InstanceSpec leader(TestingCluster cluster) {
        return await().atMost(Duration.ofSeconds(30))
                .until(
                        () -> cluster.getInstances().stream()
                                .filter(spec -> mode(spec).contains("Mode: leader"))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static String mode(InstanceSpec spec) {
        try {
            return FourLetterWordMain.send4LetterWord("127.0.0.1", spec.getPort(), "srvr", false, 2_000);
        } catch (IOException | SSLContextException _) {
            return "";
        }
    }

    private static void race(TestingCluster cluster, Host alpha, Host beta) throws Exception {
        OwnerRecord before = HandoverRace.claimed(alpha);
        for (int round = 0; round < 12; round++) {
            boolean fromAlpha = before.host().equals("alpha");
            Host source = fromAlpha ? alpha : beta;
            Host target = fromAlpha ? beta : alpha;
            boolean deadly = round % 4 == 1;
            HandoverRace race = deadly
                    ? raceWithADeath(cluster, source, target, before)
                    : HandoverRace.run(source, target, before, Loss.NONE, Loss.NONE, round * 100 - 600);
            assertThat(race.violation()).as("round %d: %s", round, race).isNull();
            before = race.after();
        }
    }

    private static HandoverRace raceWithADeath(TestingCluster cluster, Host source, Host target, OwnerRecord before)
            throws Exception {
        InstanceSpec victim = cluster.findConnectionInstance(
                source.ownership().store().curator().getZookeeperClient().getZooKeeper());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HandoverRace> race =
                    threads.submit(() -> HandoverRace.run(source, target, before, Loss.NONE, Loss.NONE, 0));
            cluster.killServer(victim);
            HandoverRace result = race.get(60, TimeUnit.SECONDS);
            cluster.restartServer(victim);
            return result;
        }
    }

    private static ZooKeeperOwnership ownership(TestingCluster cluster, String host) throws Exception {
        OwnershipSettings settings = new OwnershipSettings(
                cluster.getConnectString(), "/godwit", ZooKeeperFixture.SESSION_TIMEOUT_MS, host, "boot");
        return new ZooKeeperOwnership(
                settings, new SimpleMeterRegistry(), ProcessIdentity.ofThisProcess(), OwnerChange::new);
    }
}
