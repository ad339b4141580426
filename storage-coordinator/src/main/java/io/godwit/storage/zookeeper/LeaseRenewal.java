package io.godwit.storage.zookeeper;

import io.godwit.storage.LeaseRenewals;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Confirms this host's session again and again, on a thread of its own that waits for nothing but the
/// connection.
final class LeaseRenewal implements LeaseRenewals.Renewing {
    private static final Logger log = LoggerFactory.getLogger(LeaseRenewal.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final RecordStore store;
    private final String alivePath;
    private final Duration interval;
    private final LeaseRenewals listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private long request;

    private LeaseRenewal(RecordStore store, String alivePath, Duration interval, LeaseRenewals listener) {
        this.store = store;
        this.alivePath = alivePath;
        this.interval = interval;
        this.listener = listener;
        // A platform thread: virtual ones share carriers with whatever else blocks in this process.
        thread = Thread.ofPlatform().daemon().name("godwit-lease-renewal").unstarted(this::run);
    }

    static LeaseRenewal start(RecordStore store, String alivePath, Duration interval, LeaseRenewals listener) {
        LeaseRenewal renewal = new LeaseRenewal(store, alivePath, interval, listener);
        renewal.thread.start();
        return renewal;
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        try {
            if (!thread.join(CLOSE_WAIT)) {
                log.warn("Renewing the lease did not end in time, {}", CLOSE_WAIT);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            do {
                String failure = renew();
                if (failure != null) {
                    listener.unacknowledged(failure);
                }
            } while (!closed.await(interval.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException _) {
            log.debug("Renewing the lease was ended");
        } catch (RuntimeException e) {
            // Nobody renews any more, so the guard pauses the guests: the safe side.
            log.error("Renewing the lease failed for good", e);
        }
    }

    /// @return null if the session is confirmed, otherwise why not
    private @Nullable String renew() throws InterruptedException {
        try {
            ZooKeeper client = store.client();
            long session = client.getSessionId();
            listener.sending(++request, session, client.getSessionTimeout());
            // Changes nothing, but is a proposal that the leader brings through a quorum, unlike any read.
            client.multi(List.of(Op.check(alivePath, -1)));
            // What this server shows now is at least as new as the write it has just answered.
            Stat alive = client.exists(alivePath, false);
            if (alive == null || alive.getEphemeralOwner() != session) {
                return "this host is not announced in its present session";
            }
            listener.acknowledged(request, session, client.getSessionTimeout());
            return null;
        } catch (KeeperException e) {
            return "ZooKeeper does not confirm the session, " + e.code();
        }
    }
}
