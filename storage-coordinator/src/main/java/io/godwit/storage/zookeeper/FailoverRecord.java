package io.godwit.storage.zookeeper;

import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;

/// The cluster's switch. Written by comparing its version, so that a write whose answer was lost cannot come after
/// a later operator's.
final class FailoverRecord {
    private final RecordStore store;
    private final CountDownLatch closed;

    FailoverRecord(RecordStore store, CountDownLatch closed) {
        this.store = store;
        this.closed = closed;
    }

    /// One look, without another try: who watches the switch looks again soon.
    FailoverSwitch look() throws OwnershipException {
        try {
            return read();
        } catch (UnreadableRecord e) {
            throw new OwnershipException(Kind.REFUSED, e.reason(), e);
        } catch (KeeperException e) {
            throw unread(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OwnershipException(Kind.UNDECIDED, "Reading the failover switch was interrupted", e);
        }
    }

    FailoverSwitch set(boolean on, String by, long nowMs) throws OwnershipException, InterruptedException {
        if (by.length() > FailoverSwitch.BY_LENGTH_MAX) {
            throw new OwnershipException(
                    Kind.REFUSED,
                    "Who turns the switch is longer than " + FailoverSwitch.BY_LENGTH_MAX + " characters");
        }
        Deadline deadline = Deadline.after(store.sessionTimeoutNanos());
        for (int attempt = 1; ; attempt++) {
            try {
                store.ensurePermanentNodes();
                FailoverSwitch before = read();
                if (before.on() == on) {
                    return before;
                }
                write(new FailoverSwitch(on, by, nowMs, before.version()));
                return new FailoverSwitch(on, by, nowMs, before.version() + 1);
            } catch (UnreadableRecord e) {
                throw new OwnershipException(Kind.REFUSED, e.reason(), e);
            } catch (KeeperException e) {
                // Another operator was faster, or the answer is lost: both show at the next look.
                if (e.code() == KeeperException.Code.NOAUTH || deadline.isOver()) {
                    throw unread(e);
                }
            }
            if (closed.await(deadline.atMost(ChangeDriver.backOff(attempt)).toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("The records were closed while the failover switch was turned");
            }
        }
    }

    private FailoverSwitch read() throws KeeperException, InterruptedException, UnreadableRecord {
        Node node = store.read(store.nodes().failover());
        byte[] data = node.data();
        return data == null ? FailoverSwitch.UNTOUCHED : RecordCodec.failover(node.path(), data, node.version());
    }

    private void write(FailoverSwitch next) throws KeeperException, InterruptedException {
        String path = store.nodes().failover();
        byte[] data = RecordCodec.failover(next);
        store.write(List.of(next.version() < 0 ? store.create(path, data) : store.set(path, next.version(), data)));
    }

    private OwnershipException unread(KeeperException e) {
        Kind kind = e.code() == KeeperException.Code.NOAUTH ? Kind.REFUSED : Kind.UNDECIDED;
        return new OwnershipException(kind, "The failover switch: " + store.explained(e), e);
    }
}
