package io.godwit.storage.zookeeper;

import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps this host's record and its `alive` hint, and refuses to speak for a host that another live agent speaks for.
final class HostRegistry implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HostRegistry.class);

    private static final long CLOSE_WAIT_MS = 2_000;

    private final RecordStore store;
    private final String host;
    private final AliveRecord self;
    private final CountDownLatch closed;
    /// Held while announcing, so that a session that comes back does not race with a call of the agent.
    private final ReentrantLock announcing = new ReentrantLock();

    private volatile @Nullable HostEntry announced;
    private final ExecutorService reannouncers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("godwit-announce").factory());
    /// Whether somebody will announce again and has not begun to.
    private final AtomicBoolean queued = new AtomicBoolean();

    HostRegistry(RecordStore store, String host, AliveRecord self, CountDownLatch closed) {
        this.store = store;
        this.host = host;
        this.self = self;
        this.closed = closed;
    }

    /// Returns once both records stand. The `alive` hint of an agent that has died is waited out, or removed at once
    /// if this very kernel says that its process is gone.
    ///
    /// @throws OwnershipException REFUSED if another agent has kept this name for one and a half session timeouts
    void announce(HostEntry entry) throws OwnershipException, InterruptedException {
        if (!entry.host().equals(host)) {
            throw new OwnershipException(
                    Kind.REFUSED, "Host " + host + " cannot announce another host: " + entry.host());
        }
        // Only what was announced last knows whether the lease is enforced.
        put(before -> before == null ? entry : entry.withLeaseTakeoverWaitMs(before.leaseTakeoverWaitMs()));
    }

    /// Writes even if the record is believed to say so already: an earlier write may have been applied unheard.
    void announceLease(long takeoverWaitMs) throws OwnershipException, InterruptedException {
        if (takeoverWaitMs < 0 || takeoverWaitMs > HostEntry.LEASE_TAKEOVER_WAIT_MS_MAX) {
            throw new OwnershipException(
                    Kind.REFUSED, "No wait before a takeover is as long: " + takeoverWaitMs + " ms");
        }
        if (announced == null) {
            throw new OwnershipException(Kind.REFUSED, "Host " + host + " was not announced");
        }
        put(before -> Objects.requireNonNull(before).withLeaseTakeoverWaitMs(takeoverWaitMs));
    }

    /// @param change from what was announced last, null if nothing ever was; asked under the lock, so that of two
    ///               announcements the later one builds on the earlier
    private void put(Function<@Nullable HostEntry, HostEntry> change) throws OwnershipException, InterruptedException {
        Deadline deadline = Deadline.after(store.sessionTimeoutNanos() * 3 / 2);
        announcing.lockInterruptibly();
        try {
            HostEntry entry = change.apply(announced);
            for (int attempt = 1; ; attempt++) {
                Obstacle obstacle = tryAnnounce(entry);
                if (obstacle == null) {
                    announced = entry;
                    return;
                }
                if (deadline.isOver()) {
                    throw undone(obstacle);
                }
                if (closed.await(deadline.atMost(ChangeDriver.backOff(attempt)).toNanos(), TimeUnit.NANOSECONDS)) {
                    throw new IllegalStateException("The records were closed while host " + host + " was announced");
                }
            }
        } finally {
            announcing.unlock();
        }
    }

    /// Called on the connection's own thread, which must not be kept waiting: a new session needs a new hint.
    void onReconnected() {
        HostEntry entry = announced;
        if (entry == null || closed.getCount() == 0 || !queued.compareAndSet(false, true)) {
            return;
        }
        try {
            reannouncers.execute(() -> announceAgain(entry));
        } catch (RejectedExecutionException e) {
            log.debug("Reconnected while closing", e);
        }
    }

    @Override
    public void close() {
        reannouncers.shutdownNow();
        try {
            if (!reannouncers.awaitTermination(CLOSE_WAIT_MS, TimeUnit.MILLISECONDS)) {
                log.warn("Announcing host {} did not end in time, {} ms", host, CLOSE_WAIT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void announceAgain(HostEntry entry) {
        while (closed.getCount() > 0) {
            // Whoever reconnects from here on wants another attempt: this one may speak for a session that is gone.
            queued.set(false);
            try {
                put(before -> before == null ? entry : before);
                return;
            } catch (OwnershipException e) {
                log.error("Host {} is back in touch with ZooKeeper but not announced: {}", host, e.getMessage());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            } catch (IllegalStateException e) {
                log.debug("Announcing ended with the connection", e);
                return;
            }
        }
    }

    /// @return null on success, otherwise what is in the way
    private @Nullable Obstacle tryAnnounce(HostEntry entry) throws InterruptedException {
        try {
            store.ensurePermanentNodes();
            String hostPath = store.nodes().host(host);
            String alivePath = store.nodes().alive(host);
            List<Node> both = store.read(List.of(hostPath, alivePath));
            Node alive = both.getLast();
            AliveRecord present = aliveRecord(alive);
            boolean ours = present != null && present.instance().equals(self.instance());
            if (alive.exists() && !ours && !isDead(present)) {
                return new Obstacle(
                        Kind.REFUSED, "another agent is announced under this name, " + describe(present), null);
            }
            List<CuratorOp> ops = new ArrayList<>();
            byte[] data = RecordCodec.host(entry);
            ops.add(
                    both.getFirst().exists()
                            ? store.set(hostPath, both.getFirst().version(), data)
                            : store.create(hostPath, data));
            if (ours && alive.ephemeralOwner() == store.sessionId()) {
                ops.add(store.check(alivePath, alive.version()));
            } else {
                if (alive.exists()) {
                    ops.add(store.delete(alivePath, alive.version()));
                }
                ops.add(store.createEphemeral(alivePath, RecordCodec.alive(self)));
            }
            store.write(ops);
            return null;
        } catch (UnreadableRecord e) {
            return new Obstacle(Kind.REFUSED, e.reason(), null);
        } catch (KeeperException e) {
            Kind kind = e.code() == KeeperException.Code.NOAUTH ? Kind.REFUSED : Kind.UNDECIDED;
            return new Obstacle(kind, RecordStore.words(e), e);
        }
    }

    /// @return null if there is none, or one that cannot be understood
    private static @Nullable AliveRecord aliveRecord(Node node) {
        byte[] data = node.data();
        if (data == null) {
            return null;
        }
        try {
            return RecordCodec.alive(node.path(), data);
        } catch (UnreadableRecord e) {
            log.warn("An agent's record cannot be understood: {}", e.getMessage());
            return null;
        }
    }

    private boolean isDead(@Nullable AliveRecord other) {
        return other != null
                && other.bootId().equals(self.bootId())
                && !other.process().equals(self.process())
                && other.process().isGone();
    }

    private OwnershipException undone(Obstacle obstacle) {
        KeeperException cause = obstacle.cause();
        String what = cause == null ? obstacle.what() : store.explained(cause);
        return new OwnershipException(obstacle.kind(), "Host " + host + " could not be announced: " + what);
    }

    private static String describe(@Nullable AliveRecord other) {
        return other == null
                ? "one that cannot be understood"
                : "process " + other.process().pid() + " of boot " + other.bootId();
    }

    private record Obstacle(
            Kind kind, String what, @Nullable KeeperException cause) {}
}
