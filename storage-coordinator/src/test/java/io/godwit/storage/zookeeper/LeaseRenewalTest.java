package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.HostEntry;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeaseRenewalTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final HostEntry ALPHA =
            new HostEntry("alpha", "127.0.0.1", 7070, 7071, 1L << 30, HostEntry.HostState.UP, true);

    @Test
    void isAcknowledgedOnlyWhileTheHostIsAnnounced() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Heard heard = new Heard();
            try (LeaseRenewals.Renewing _ = alpha.ownership().renewLease(INTERVAL, heard)) {
                await().atMost(PATIENCE).until(() -> heard.lost.get() >= 3);
                assertThat(heard.sessions).isEmpty();
                alpha.ownership().announceHost(ALPHA);
                await().atMost(PATIENCE).until(() -> heard.sessions.size() >= 3);
                assertThat(heard.sessions).containsOnly(heard.sessions.getFirst());
                assertThat(heard.timeoutMs).isEqualTo(ZooKeeperFixture.SESSION_TIMEOUT_MS);
            }
        }
    }

    @Test
    void goesOnThroughAnOutageAndIntoANewSessionOnceTheHostIsAnnouncedThere() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            alpha.ownership().announceHost(ALPHA);
            Heard heard = new Heard();
            try (LeaseRenewals.Renewing _ = alpha.ownership().renewLease(INTERVAL, heard)) {
                await().atMost(PATIENCE).until(() -> heard.sessions.size() >= 3);
                long first = heard.sessions.getFirst();

                alpha.proxy().cut();
                await().atMost(PATIENCE).until(() -> heard.lost.get() > 0);
                int before = heard.sessions.size();
                alpha.proxy().mend();
                await().atMost(PATIENCE).until(() -> heard.sessions.size() > before);

                zookeeper.expire(alpha);
                await().atMost(PATIENCE).until(() -> heard.sessions.getLast() != first);
                // Renewals go on meanwhile.
                List<Long> all = List.copyOf(heard.sessions);
                List<Long> after = all.subList(all.lastIndexOf(first) + 1, all.size());
                assertThat(after).doesNotContain(first).isNotEmpty();
            }
            int last = heard.sessions.size();
            alpha.ownership().hosts();
            assertThat(heard.sessions).as("closed").hasSize(last);
        }
    }

    @Test
    void aFailedWriteOfSomebodyElseDoesNotHoldItUp() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            alpha.ownership().announceHost(ALPHA);
            Heard heard = new Heard();
            alpha.proxy().loseNext(LossyProxy.Loss.ANSWER);
            try (LeaseRenewals.Renewing _ = alpha.ownership().renewLease(INTERVAL, heard)) {
                await().atMost(PATIENCE).until(() -> heard.sessions.size() >= 3);
                assertThat(heard.lost.get())
                        .as("the lost answer renews nothing")
                        .isPositive();
                assertThat(heard.acknowledgedUnsent.get()).isZero();
            }
        }
    }

    private static final class Heard implements LeaseRenewals {
        final List<Long> sessions = new CopyOnWriteArrayList<>();
        final AtomicInteger lost = new AtomicInteger();
        final AtomicInteger acknowledgedUnsent = new AtomicInteger();
        volatile int timeoutMs;
        private volatile long sent;

        @Override
        public void sending(long request, long session, int sessionTimeoutMs) {
            sent = request;
        }

        @Override
        public void acknowledged(long request, long session, int sessionTimeoutMs) {
            if (request != sent) {
                acknowledgedUnsent.incrementAndGet();
            }
            timeoutMs = sessionTimeoutMs;
            sessions.add(session);
        }

        @Override
        public void unacknowledged(String reason) {
            lost.incrementAndGet();
        }
    }
}
