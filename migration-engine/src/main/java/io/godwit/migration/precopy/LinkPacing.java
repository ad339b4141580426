package io.godwit.migration.precopy;

import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.precopy.DelayGovernor.Sample;
import io.godwit.migration.precopy.DelayGovernor.State;
import io.godwit.migration.transport.Link;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Watches the data connections of a migration and sets its [Pacer]: a good neighbour to whoever shares the
/// link, above all to the guest itself. It also tells the kernel the rate, which spreads a frame's packets over
/// time instead of sending them in one burst.
final class LinkPacing implements AutoCloseable {
    /// Of the rate, for all connections together. Hardly more than all of it: whatever lies in buffers when the rate
    /// is cut is sent at this pace too.
    private static final double SHARE = 1.05;

    /// So long the connections' event loops have to ask the kernel. Figures of the interval before would let the
    /// rate grow for one interval more than it should; on a busy machine they must do.
    private static final long ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /// If no round trip was ever told for so long, none will be, and nobody can yield.
    private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final List<Link> links;
    private final Pacer pacer;
    private final LongSupplier nanoClock;
    private final MigrationMeters meters;
    private final boolean yields;
    private final Thread thread;
    private boolean hurrying;
    private long pacedAt = -1;
    private long silentNanos;

    /// Begins at once: what is sent after this call keeps to the rate.
    ///
    /// @param yields whether the migration gives way to others; else only the pacer's cap holds
    LinkPacing(List<Link> links, Pacer pacer, LongSupplier nanoClock, MigrationMeters meters, boolean yields) {
        this.links = List.copyOf(links);
        this.pacer = pacer;
        this.nanoClock = nanoClock;
        this.meters = meters;
        this.yields = yields;
        if (yields) {
            pacer.yielding(State.START.bytesPerSecond(), nanoClock.getAsLong());
        }
        pace();
        this.thread = Thread.ofVirtual().name("godwit-pacing").start(this::run);
    }

    private void run() {
        State state = State.START;
        long lastNanos = nanoClock.getAsLong();
        long lastBytes = acknowledged();
        try {
            while (true) {
                TimeUnit.NANOSECONDS.sleep(DelayGovernor.INTERVAL_NANOS);
                askFigures();
                long now = nanoClock.getAsLong();
                long bytes = acknowledged();
                if (yields) {
                    state = govern(state, sample(now - lastNanos, bytes - lastBytes), now);
                }
                pace();
                lastNanos = now;
                lastBytes = bytes;
            }
        } catch (InterruptedException _) {
            // Closed.
        }
    }

    private void askFigures() throws InterruptedException {
        CountDownLatch unanswered = new CountDownLatch(links.size());
        links.forEach(link -> link.askFigures(unanswered::countDown));
        var _ = unanswered.await(ANSWER_NANOS, TimeUnit.NANOSECONDS);
    }

    private Sample sample(long nanos, long bytes) {
        return new Sample(nanos, Math.max(0, bytes), roundTrip(), links.stream().anyMatch(Link::underWay));
    }

    private synchronized State govern(State before, Sample sample, long nowNanos) {
        if (hurrying) {
            return before;
        }
        if (sample.roundTripMicros() <= 0) {
            silentNanos += sample.nanos();
            if (before.equals(State.START) && silentNanos >= SILENT_NANOS) {
                pacer.yielding(0, nowNanos);
            }
            return before;
        }
        State next = DelayGovernor.next(before, sample);
        if (next.rate() < before.rate()) {
            meters.yielded();
        }
        pacer.yielding(next.bytesPerSecond(), nowNanos);
        return next;
    }

    /// The guest is paused: it has no packets that could wait, and every millisecond is downtime. Only the cap
    /// holds.
    synchronized void hurry() {
        hurrying = true;
        pacer.yielding(0, nanoClock.getAsLong());
        pace();
    }

    private synchronized void pace() {
        long rate = kernelRate(pacer.bytesPerSecond());
        boolean changed = Math.abs(rate - pacedAt) > pacedAt / 20;
        if (changed) {
            pacedAt = rate;
            links.forEach(link -> link.paceAt(rate));
        }
    }

    /// @return for each connection; 0 for no limit
    private long kernelRate(long all) {
        return all == 0 || links.isEmpty() ? 0 : Math.min(all, Math.round(all * SHARE / links.size()));
    }

    private long acknowledged() {
        return links.stream().mapToLong(Link::bytesAcknowledged).sum();
    }

    /// The mean of those connections that know theirs; 0 if none does.
    private long roundTrip() {
        long sum = 0;
        int known = 0;
        for (Link link : links) {
            long micros = link.roundTripMicros();
            if (micros > 0) {
                sum += micros;
                known++;
            }
        }
        return known == 0 ? 0 : sum / known;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
