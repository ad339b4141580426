package io.godwit.migration;

import io.godwit.migration.SwitchoverGate.GateClosed;
import io.godwit.migration.SwitchoverGate.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An owner record for one guest, and the gates of two hosts to it.
final class FakeRecord {
    private final String source;
    private final String target;
    private String owner;
    private boolean handover;
    private long epoch = 7;

    volatile @Nullable String closed;
    volatile @Nullable CountDownLatch holdHandover;
    volatile @Nullable CountDownLatch holdCommit;
    volatile boolean handoverAnswerLost;
    volatile boolean neverCommit;
    volatile boolean expectFails;
    final AtomicInteger errorsBeforeTakeBack = new AtomicInteger();
    volatile Runnable whenCommitted = () -> {};
    final List<String> calls = new ArrayList<>();

    FakeRecord(String source, String target) {
        this.source = source;
        this.target = target;
        this.owner = source;
    }

    synchronized String owner() {
        return owner;
    }

    /// The guest ended, and its owner has started it afresh.
    synchronized void startedAgain() {
        epoch++;
    }

    synchronized boolean inHandover() {
        return handover;
    }

    synchronized long epoch() {
        return epoch;
    }

    private synchronized void called(String what) {
        calls.add(what);
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    SwitchoverGate gateOf(String host) {
        return new Gate(host);
    }

    private final class Gate implements SwitchoverGate {
        private final String host;

        Gate(String host) {
            this.host = host;
        }

        @Override
        public void beginHandover() throws GateClosed, InterruptedException {
            called("beginHandover " + host);
            CountDownLatch hold = holdHandover;
            if (hold != null) {
                hold.await();
            }
            String why = closed;
            if (why != null) {
                throw new GateClosed(why);
            }
            synchronized (FakeRecord.this) {
                handover = true;
            }
            if (handoverAnswerLost) {
                throw new InterruptedException("the answer was lost");
            }
        }

        @Override
        public Verdict takeBack() {
            called("takeBack " + host);
            if (errorsBeforeTakeBack.getAndDecrement() > 0) {
                throw new IllegalStateException("the record cannot be read");
            }
            synchronized (FakeRecord.this) {
                handover = false;
                return verdict(host);
            }
        }

        @Override
        public void expectCommit() {
            called("expectCommit " + host);
            if (expectFails) {
                throw new IllegalStateException("the record cannot be looked at ahead");
            }
        }

        @Override
        public Verdict commit() throws InterruptedException {
            called("commit " + host);
            CountDownLatch hold = holdCommit;
            if (hold != null) {
                hold.await();
            }
            Verdict verdict;
            synchronized (FakeRecord.this) {
                if (handover && !neverCommit) {
                    handover = false;
                    owner = target;
                    epoch++;
                }
                verdict = neverCommit ? new Verdict.RunElsewhere(source, epoch) : verdict(host);
            }
            whenCommitted.run();
            return verdict;
        }
    }

    private Verdict verdict(String host) {
        return host.equals(owner) ? new Verdict.RunHere(epoch) : new Verdict.RunElsewhere(owner, epoch);
    }
}
