package io.godwit.migration.precopy;

import io.godwit.migration.MigrationReport.ForwardedFrames;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.FramesDone;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.shim.FrameCapture;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.HypervisorException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The source's part in losing no packet: what is sent to the guest after it was paused here goes to the
/// target.
///
/// Nothing depends on it. It cannot make a migration fail, and if the guest stays here nothing of what was
/// captured is used: the guest's tap has kept the frames, and the guest reads them when it goes on.
///
/// Opened before the pause, so that nothing of this is downtime; begun after the pause; nothing is sent before
/// the migration's own last word, for a busy guest's frames would delay its start.
final class FrameForwarding implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FrameForwarding.class);
    private static final Duration SLICE = Duration.ofMillis(10);

    private final LongSupplier nanoClock;
    private final FrameCapture capture;
    private final String failure;
    private @Nullable Thread sending;
    private volatile boolean running;
    private volatile long runningAtNanos;
    private volatile boolean closed;
    private final AtomicLong sent = new AtomicLong();

    private FrameForwarding(LongSupplier nanoClock, FrameCapture capture, String failure) {
        this.nanoClock = nanoClock;
        this.capture = capture;
        this.failure = failure;
    }

    /// Starts to look at the guest's frames. If that fails, or the target does not take them, the report says so and
    /// the migration goes on.
    ///
    /// @param version of the protocol, as agreed on
    static FrameForwarding open(Guest guest, int version, LongSupplier nanoClock) {
        if (version < ProtocolVersion.LATE_FRAMES) {
            return new FrameForwarding(nanoClock, FrameCapture.NONE, "the target is too old to take them");
        }
        try {
            return new FrameForwarding(nanoClock, guest.captureFrames(), "");
        } catch (HypervisorException | RuntimeException e) {
            log.warn(
                    "Late frames to guest {} will not be forwarded",
                    guest.spec().name(),
                    e);
            return new FrameForwarding(nanoClock, FrameCapture.NONE, Reasons.of(e));
        }
    }

    /// Of a guest that was paused before, and of a migration that never came so far.
    static FrameForwarding none() {
        return new FrameForwarding(() -> 0, FrameCapture.NONE, "");
    }

    /// The guest has been paused. To be called once.
    @SuppressWarnings("ReferenceEquality") // the one that captures nothing
    void begin(SourceWire wire) {
        if (capture != FrameCapture.NONE) {
            capture.begin();
            sending = Thread.ofVirtual().name("godwit-forwarding").start(() -> send(wire));
        }
    }

    private void send(SourceWire wire) {
        try {
            while (!wire.completeSent() && wire.controlOpen() && !closed) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            while (!closed && wire.controlOpen() && !reachedEnd()) {
                List<GuestFrame> frames = capture.take(Limits.FRAMES_BATCH_BYTES_MAX, SLICE);
                while (!wire.controlWritable() && wire.controlOpen() && !closed) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                if (!frames.isEmpty() && !closed) {
                    wire.sendFrames(frames, false);
                    sent.addAndGet(frames.size());
                }
            }
            if (!closed && wire.controlOpen()) {
                wire.sendFrames(List.of(), true);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("Late frames are not forwarded any more", e);
        }
    }

    private boolean reachedEnd() {
        if (!running) {
            return false;
        }
        FrameCapture.Figures figures = capture.figures();
        return ForwardingEnd.reached(nanoClock.getAsLong() - runningAtNanos, figures.quietNs(), figures.announced());
    }

    /// The guest runs at the target: from now on there is an end to what comes here for it. Whoever has something
    /// else to do does it before [#finish].
    void runsElsewhere() {
        if (sending != null) {
            runningAtNanos = nanoClock.getAsLong();
            running = true;
            capture.runsElsewhere();
        }
    }

    /// Waits, a bounded time, until the network has learnt where the guest runs, and for the target's word of what
    /// it has delivered. Nothing is captured any more when this returns.
    ForwardedFrames finish(SourceWire wire) {
        Thread thread = sending;
        if (thread == null) {
            close();
            return ForwardedFrames.NONE;
        }
        FramesDone done = FramesDone.NOTHING;
        try {
            thread.join(Duration.ofMillis(Limits.FRAMES_TAIL_MS + Limits.FRAMES_DONE_MS));
            done = wire.awaitFramesDone(sent.get());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        FrameCapture.Figures figures = capture.figures();
        close();
        long captured = figures.captured() + figures.dropped();
        // What the target did not get, had no room for, or did not live to tell.
        return new ForwardedFrames(captured, done.delivered(), Math.max(0, captured - done.delivered()));
    }

    /// Why frames are not captured at all; empty if they are.
    String failure() {
        return failure;
    }

    /// Forwards nothing more, and forgets what was captured. Idempotent.
    @Override
    public void close() {
        closed = true;
        capture.close();
        Thread thread = sending;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
