package io.godwit.migration.codec;

import io.godwit.migration.codec.CodecChoice.Figures;
import io.godwit.migration.codec.CodecChoice.Measured;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/// Measures what codecs and connections achieve, and has [CodecChoice] decide anew again and again. One for all
/// encoders of a migration; safe for use by several threads.
///
/// Time here is the time in which workers encode or wait for the link: what passes between rounds does not count.
public final class CodecControl {
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
    private static final double WEIGHT_OF_NEWEST = 0.4;

    /// Copying pages out of live memory and looking for zeros, one worker.
    private static final double STAGED_BYTES_PER_SECOND = 3e9;

    /// Now and then a batch is written with another codec, so that there are figures to compare. While pages go raw
    /// that costs many times what such a batch does otherwise.
    private static final long PROBE_BATCHES = 24;

    private static final long PROBE_BATCHES_WHILE_RAW = 96;
    private static final long PROBE_AT = 3;

    private final List<Codec> allowed;
    private final int workers;
    private final DoubleSupplier idleProcessors;
    private final Map<Codec, Measured> measured = new EnumMap<>(Codec.class);
    private LinkEstimate link = LinkEstimate.UNKNOWN;
    private long activeNanos;
    private long windowBusyNanos;
    private long windowWaitedNanos;
    private long windowWireBytes;
    private volatile Plan plan;

    /// @param probes what is tried beside the current codec, one of `every` batches
    private record Plan(Codec current, List<Codec> probes, long every) {}

    /// @param allowed        what the target understands and the policy wants; not empty
    /// @param idleProcessors how many processors of this host have nothing to do; asked once in a while
    public CodecControl(List<Codec> allowed, int workers, DoubleSupplier idleProcessors) {
        this.allowed = List.copyOf(allowed);
        this.workers = workers;
        this.idleProcessors = idleProcessors;
        Codec first = allowed.contains(Codec.LZ4) ? Codec.LZ4 : allowed.getFirst();
        this.plan = new Plan(first, List.of(), PROBE_BATCHES);
        if (allowed.contains(Codec.RAW)) {
            measured.put(Codec.RAW, new Measured(STAGED_BYTES_PER_SECOND, 1));
        }
    }

    /// How most batches are written at the moment.
    Codec current() {
        return plan.current();
    }

    /// How a batch is to be written, unless it does not compress.
    ///
    /// @param batch counts an encoder's batches
    Codec codecFor(long batch) {
        Plan now = plan;
        if (now.probes().isEmpty() || batch % now.every() != PROBE_AT) {
            return now.current();
        }
        return now.probes().get((int) (batch / now.every() % now.probes().size()));
    }

    /// A batch was compressed, and it paid.
    synchronized void encoded(Codec codec, int rawBytes, int wireBytes, long nanos) {
        double seconds = nanos / 1e9 + rawBytes / STAGED_BYTES_PER_SECOND;
        Measured fresh = new Measured(rawBytes / seconds, (double) wireBytes / rawBytes);
        measured.merge(codec, fresh, CodecControl::blend);
    }

    /// A frame was sent.
    ///
    /// @param busyNanos   how long a worker was occupied with it before
    /// @param waitedNanos how long it then waited for the link
    synchronized void sent(int wireBytes, long busyNanos, long waitedNanos) {
        windowBusyNanos += busyNanos;
        windowWaitedNanos += waitedNanos;
        windowWireBytes += wireBytes;
        long nanos = (windowBusyNanos + windowWaitedNanos) / workers;
        if (nanos < WINDOW_NANOS) {
            return;
        }
        activeNanos += nanos;
        double waitedShare = (double) windowWaitedNanos / (windowBusyNanos + windowWaitedNanos);
        link = link.after(windowWireBytes * 1e9 / nanos, waitedShare, activeNanos);
        windowBusyNanos = 0;
        windowWaitedNanos = 0;
        windowWireBytes = 0;
        if (allowed.size() > 1) {
            decide();
        }
    }

    static long stagingNanos(int rawBytes) {
        return Math.round(rawBytes * 1e9 / STAGED_BYTES_PER_SECOND);
    }

    private void decide() {
        double idle = Math.max(0, idleProcessors.getAsDouble());
        Codec next = CodecChoice.decide(new Figures(plan.current(), measured, link.bytesPerSecond(), workers, idle));
        boolean raw = next == Codec.RAW;
        // Zstd is of use only where somebody waits for the link.
        boolean zstd = !raw && link.known();
        List<Codec> probes = allowed.stream()
                .filter(codec -> codec != next && codec != Codec.RAW)
                .filter(codec -> zstd || codec == Codec.LZ4)
                .toList();
        plan = new Plan(next, probes, raw ? PROBE_BATCHES_WHILE_RAW : PROBE_BATCHES);
    }

    private static Measured blend(Measured old, Measured fresh) {
        return new Measured(
                old.bytesPerSecond() + WEIGHT_OF_NEWEST * (fresh.bytesPerSecond() - old.bytesPerSecond()),
                old.ratio() + WEIGHT_OF_NEWEST * (fresh.ratio() - old.ratio()));
    }
}
