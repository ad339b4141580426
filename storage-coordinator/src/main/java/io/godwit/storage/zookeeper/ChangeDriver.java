package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.handover.ChangeAction;
import io.godwit.storage.handover.ChangeAnswer;
import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import io.godwit.storage.handover.OwnerView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does against ZooKeeper what a [ChangeProcess] asks for, until it is done or time is up.
final class ChangeDriver {
    private static final Logger log = LoggerFactory.getLogger(ChangeDriver.class);

    /// A guest may be paused while we wait, and has to run again within a second of ZooKeeper's return.
    private static final long PAUSE_MS_MAX = 200;

    private static final long PAUSE_MS_MIN = 5;
    private static final int ATTEMPTS_PER_LOG_LINE = 50;

    private final RecordStore store;
    private final OwnershipMeters meters;
    private final Function<OwnerEvent, ChangeProcess> processes;
    private final CountDownLatch closed;

    ChangeDriver(
            RecordStore store,
            OwnershipMeters meters,
            Function<OwnerEvent, ChangeProcess> processes,
            CountDownLatch closed) {
        this.store = store;
        this.meters = meters;
        this.processes = processes;
        this.closed = closed;
    }

    /// @throws OwnershipException     UNDECIDED if the deadline passes before the outcome is known
    /// @throws IllegalStateException  if the connection is closed meanwhile
    Conclusion run(ChangeRequest request, Deadline deadline) throws OwnershipException, InterruptedException {
        return run(request, deadline, null);
    }

    /// @param ahead what [#readAhead] has read for this very request, and is taken for the first reading; null if
    /// nothing
    Conclusion run(ChangeRequest request, Deadline deadline, @Nullable GuestSnapshot ahead)
            throws OwnershipException, InterruptedException {
        ChangeProcess process = processes.apply(request.event());
        Run run = new Run(request, deadline, ahead);
        ChangeAction action = process.start();
        while (true) {
            if (action instanceof ChangeAction.Done(Conclusion conclusion)) {
                return conclusion;
            }
            action = process.on(run.answer(action));
        }
    }

    /// Reads what a commit's first step will read. Only a handover is good for that: it leads to a write, which
    /// is bound to the versions that were read, or to a refusal, which a quorum confirms, so it may be old by
    /// then. That the guest is ours already would be believed as it stands, and must not be old.
    ///
    /// @return null if nothing was learnt that may be used, or something stands in the way that may be gone when it
    /// counts
    @Nullable
    GuestSnapshot readAhead(ChangeRequest request) throws InterruptedException {
        try {
            GuestSnapshot seen = GuestSnapshot.read(store, request);
            OwnerView view = seen.view();
            OwnerContent content = view.content();
            boolean handover = content != null && content.record().state() instanceof OwnerState.Handover;
            return handover && view.obstacles().isEmpty() ? seen : null;
        } catch (UnreadableRecord | KeeperException e) {
            log.debug("Nothing was read ahead of {}", request.event(), e);
            return null;
        }
    }

    private final class Run {
        private final ChangeRequest request;
        private final Deadline deadline;
        private @Nullable GuestSnapshot ahead;
        private @Nullable GuestSnapshot snapshot;
        private boolean writeLost;

        Run(ChangeRequest request, Deadline deadline, @Nullable GuestSnapshot ahead) {
            this.request = request;
            this.deadline = deadline;
            this.ahead = ahead;
        }

        ChangeAnswer answer(ChangeAction action) throws OwnershipException, InterruptedException {
            return switch (action) {
                case ChangeAction.Read _ -> read();
                case ChangeAction.Write(int version, var next, boolean claims) ->
                    write(seen().write(version, next, claims));
                case ChangeAction.Remove(int version, long retires) -> write(seen().remove(version, retires));
                case ChangeAction.Check(int version) -> check(version, seen().confirm(version));
                case ChangeAction.Wait wait -> pause(wait);
                case ChangeAction.Done _ -> throw new IllegalStateException("A change that is done asks for nothing");
            };
        }

        private GuestSnapshot seen() {
            if (snapshot == null) {
                throw new IllegalStateException("A record must be read before it is written: " + request.event());
            }
            return snapshot;
        }

        private ChangeAnswer read() throws InterruptedException {
            GuestSnapshot before = ahead;
            if (before != null) {
                ahead = null;
                snapshot = before;
                return new ChangeAnswer.Seen(before.view());
            }
            if (writeLost) {
                meters.readBack();
                writeLost = false;
            }
            try {
                if (request.event() instanceof OwnerEvent.Claim) {
                    store.ensurePermanentNodes();
                }
                GuestSnapshot now = GuestSnapshot.read(store, request);
                snapshot = now;
                return new ChangeAnswer.Seen(now.view());
            } catch (UnreadableRecord e) {
                return new ChangeAnswer.Unreadable(e.reason());
            } catch (KeeperException e) {
                // A secret that is wrong does not become right by waiting.
                return e.code() == KeeperException.Code.NOAUTH
                        ? new ChangeAnswer.Unreadable(RecordStore.words(e))
                        : new ChangeAnswer.NoAnswer(RecordStore.words(e));
            }
        }

        private ChangeAnswer write(List<CuratorOp> ops) throws InterruptedException {
            try {
                store.write(ops);
                meters.writeApplied();
                return new ChangeAnswer.Applied();
            } catch (KeeperException e) {
                if (RecordStore.isConflict(e)) {
                    meters.writeConflicted();
                    return new ChangeAnswer.Conflict();
                }
                meters.writeLost();
                writeLost = true;
                log.warn(
                        "No answer to a change of guest {}'s records, so they are read back: {}, {}",
                        request.event().guest(),
                        request.event(),
                        e.code());
                return new ChangeAnswer.NoAnswer("ZooKeeper did not answer a write, " + e.code());
            }
        }

        /// A `multi` of nothing but checks passes through the quorum like any write, and changes nothing.
        private ChangeAnswer check(int version, List<CuratorOp> ops) throws InterruptedException {
            boolean absent = version == OwnerView.ABSENT;
            try {
                store.write(ops);
                return absent ? new ChangeAnswer.Conflict() : new ChangeAnswer.Applied();
            } catch (KeeperException e) {
                if (absent && e.code() == KeeperException.Code.NONODE) {
                    return new ChangeAnswer.Applied();
                }
                return RecordStore.isConflict(e)
                        ? new ChangeAnswer.Conflict()
                        : new ChangeAnswer.NoAnswer("ZooKeeper does not answer, " + e.code());
            }
        }

        private ChangeAnswer pause(ChangeAction.Wait wait) throws OwnershipException, InterruptedException {
            if (deadline.isOver()) {
                throw new OwnershipException(
                        Kind.UNDECIDED,
                        "What became of a change of guest " + request.event().guest() + "'s records is unknown: "
                                + wait.reason());
            }
            if (wait.attempt() % ATTEMPTS_PER_LOG_LINE == 0) {
                log.warn(
                        "Still waiting to learn who owns guest {}, attempt {}: {}",
                        request.event().guest(),
                        wait.attempt(),
                        wait.reason());
            }
            Duration pause = deadline.atMost(backOff(wait.attempt()));
            if (closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException(
                        "The records were closed while guest " + request.event().guest() + " was waited for");
            }
            meters.waited(pause);
            return new ChangeAnswer.Waited();
        }
    }

    /// Doubling from 5 to 200 ms, of which a random half is left out so that two rivals do not keep step.
    static Duration backOff(int attempt) {
        long fullMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN << Math.min(attempt - 1, 10));
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(fullMs * 500_000, fullMs * 1_000_000 + 1));
    }
}
