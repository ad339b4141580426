package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.Claims;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/// ZooKeeper goes away, comes back, and forgets sessions.
@Isolated("it counts threads")
class OutageTest {
    private static final Claims NONE = new Claims(Set.of(), Set.of());
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void bothSidesWaitForAServerThatIsAwayAndThenAgree() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Host alpha = zookeeper.host("alpha");
            Host beta = zookeeper.host("beta");
            UUID migration = UUID.randomUUID();
            alpha.ownership().claim("web1", "{}", NONE);
            alpha.ownership().beginHandover("web1", 1, "beta", migration);
            assertThat(beta.ownership().guests()).hasSize(1);
            assertThat(alpha.ownership().connected()).isTrue();

            zookeeper.server().stop();
            Future<Verdict> takeBack = threads.submit(() -> alpha.ownership().takeBack("web1", migration));
            Future<Verdict> commit = threads.submit(() -> beta.ownership().commit("web1", migration, NONE));
            await().atMost(PATIENCE)
                    .until(() ->
                            !alpha.ownership().connected() && !beta.ownership().connected());
            Duration spent = timed(() -> {
                undecided(() -> alpha.ownership().claim("web2", "{}", NONE));
                return null;
            });
            assertThat(spent).isLessThan(Duration.ofMillis(ZooKeeperFixture.SESSION_TIMEOUT_MS * 2));
            assertThatThrownBy(() -> alpha.ownership().hosts())
                    .isInstanceOfSatisfying(
                            OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNDECIDED));
            assertThat(takeBack.isDone() || commit.isDone()).isFalse();

            zookeeper.server().restart();
            Verdict source = takeBack.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            Verdict target = commit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(source instanceof Verdict.Mine)
                    .as("source %s, target %s", source, target)
                    .isNotEqualTo(target instanceof Verdict.Mine);
            assertThat(alpha.ownership().connected()).isTrue();
        }
    }

    @Test
    void aChangeSurvivesTheEndOfItsSession() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            UUID migration = UUID.randomUUID();
            alpha.ownership().claim("web1", "{}", NONE);
            for (int round = 0; round < 3; round++) {
                alpha.ownership().beginHandover("web1", 1, "beta", migration);
                zookeeper.expire(alpha);
                assertThat(alpha.ownership().takeBack("web1", migration)).isEqualTo(new Verdict.Mine(1));
            }
        }
    }

    @Test
    void whoWaitsCanBeInterruptedOrClosed() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            alpha.ownership().claim("web1", "{}", NONE);
            alpha.proxy().cut();
            AtomicReference<Throwable> interrupted = new AtomicReference<>();
            AtomicReference<Throwable> closed = new AtomicReference<>();
            Thread first = settling(alpha, interrupted);
            Thread second = settling(alpha, closed);
            await().atMost(PATIENCE).until(() -> !alpha.ownership().connected());
            first.interrupt();
            assertThat(first.join(PATIENCE)).isTrue();
            assertThat(interrupted.get()).isInstanceOf(InterruptedException.class);
            assertThat(second.isAlive()).isTrue();
            alpha.ownership().close();
            assertThat(second.join(PATIENCE)).isTrue();
            assertThat(closed.get()).isInstanceOf(IllegalStateException.class);
            assertThat(alpha.ownership().connected()).isFalse();
        }
    }

    @Test
    void closingLeavesNoThread() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            Host alpha = zookeeper.host("alpha");
            alpha.ownership().claim("web1", "{}", NONE);
            alpha.ownership().close();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .filteredOn(thread -> !before.contains(thread))
                            .filteredOn(thread -> thread.getName()
                                    .matches(".*(Curator|ConnectionState|127.0.0.1:"
                                            + alpha.proxy().port() + "|main-EventThread|main-SendThread).*"))
                            .isEmpty());
        }
    }

    private static Thread settling(Host host, AtomicReference<Throwable> end) {
        return Thread.ofVirtual().start(() -> {
            try {
                host.ownership().settle("web1");
            } catch (InterruptedException | RuntimeException e) {
                end.set(e);
            }
        });
    }

    private static void undecided(Callable<?> call) {
        assertThatThrownBy(call::call)
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNDECIDED));
    }

    private static Duration timed(Callable<?> call) throws Exception {
        long start = System.nanoTime();
        call.call();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
