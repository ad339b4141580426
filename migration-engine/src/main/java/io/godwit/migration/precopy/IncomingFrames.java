package io.godwit.migration.precopy;

import io.godwit.migration.protocol.GuestFramesCodec;
import io.godwit.migration.protocol.GuestFramesCodec.Batch;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.FramesDone;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.FrameDelivery;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.HypervisorException;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The target's part in losing no packet: frames that reached the source wait here, a bounded number of them,
/// until the record says that the guest is this host's. Then they are put before its cards, in their order.
/// Nothing of them ever reaches a guest that stays elsewhere.
final class IncomingFrames {
    private static final Logger log = LoggerFactory.getLogger(IncomingFrames.class);

    private final Deque<GuestFrame> waiting = new ArrayDeque<>();
    private final Consumer<FramesDone> answer;
    private long waitingBytes;
    private long delivered;
    private long dropped;
    private boolean ended;
    private @Nullable Thread delivering;

    /// @param answer told what has become of the frames, as often as something has
    IncomingFrames(Consumer<FramesDone> answer) {
        this.answer = answer;
    }

    void received(ByteBuf payload) throws ProtocolException {
        Batch batch = GuestFramesCodec.decode(payload);
        synchronized (this) {
            if (ended) {
                return;
            }
            for (GuestFrame frame : batch.frames()) {
                boolean room = waiting.size() < Limits.FRAMES_WAITING_MAX
                        && waitingBytes + frame.bytes().length <= Limits.FRAMES_WAITING_BYTES_MAX;
                if (room) {
                    waiting.addLast(frame);
                    waitingBytes += frame.bytes().length;
                } else {
                    dropped++;
                }
            }
            ended = batch.last();
            notifyAll();
        }
    }

    /// The record says that the guest is this host's: from now on its frames are delivered. Returns at once.
    synchronized void deliverTo(Guest guest) {
        delivering = Thread.ofVirtual().name("godwit-frames").start(() -> deliver(guest));
    }

    private void deliver(Guest guest) {
        List<GuestFrame> batch = new ArrayList<>();
        try {
            if (!take(batch)) {
                return;
            }
            try (FrameDelivery delivery = guest.deliverFrames()) {
                do {
                    for (GuestFrame frame : batch) {
                        count(delivery.deliver(frame));
                    }
                    answer.accept(figures());
                } while (take(batch));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (HypervisorException | RuntimeException e) {
            log.warn("Frames forwarded to guest {} are lost", guest.spec().name(), e);
        }
    }

    /// Waits for frames, and takes what there is.
    ///
    /// @return false if no more come
    private synchronized boolean take(List<GuestFrame> into) throws InterruptedException {
        into.clear();
        while (waiting.isEmpty() && !ended) {
            wait();
        }
        into.addAll(waiting);
        waiting.clear();
        waitingBytes = 0;
        return !into.isEmpty();
    }

    private synchronized void count(boolean arrived) {
        if (arrived) {
            delivered++;
        } else {
            dropped++;
        }
    }

    synchronized FramesDone figures() {
        return new FramesDone(delivered, dropped);
    }

    /// No more come: the source has gone. What has arrived is delivered all the same.
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /// The guest stays elsewhere, or its migration is over: nothing is delivered any more.
    synchronized void close() {
        ended = true;
        waiting.clear();
        waitingBytes = 0;
        Thread thread = delivering;
        if (thread != null) {
            thread.interrupt();
        }
        notifyAll();
    }
}
