package io.godwit.migration;

import io.godwit.shim.FrameCapture;
import io.godwit.shim.FrameDelivery;
import io.godwit.shim.GuestFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A network that a test sends frames over, one end at each host.
final class FakeFrames {
    private final List<GuestFrame> waiting = new ArrayList<>();
    private final List<Integer> delivered = new ArrayList<>();
    private long captured;
    private boolean begun;
    private long lastNs = System.nanoTime();

    volatile boolean announced;
    volatile boolean elsewhere;
    volatile boolean captureClosed;
    volatile boolean deliveryClosed;
    volatile boolean refuses;
    volatile Runnable whenDelivering = () -> {};

    static GuestFrame frame(int number) {
        byte[] bytes = new byte[GuestFrame.BYTES_MIN + 2];
        bytes[bytes.length - 1] = (byte) number;
        bytes[bytes.length - 2] = (byte) (number >> 8);
        return new GuestFrame(0, bytes);
    }

    private static int number(GuestFrame frame) {
        byte[] bytes = frame.bytes();
        return (bytes[bytes.length - 2] & 0xff) << 8 | (bytes[bytes.length - 1] & 0xff);
    }

    /// Somebody sends something to the guest, and it reaches the source.
    synchronized void reachSource(int number) {
        waiting.add(frame(number));
        captured++;
        lastNs = System.nanoTime();
        notifyAll();
    }

    synchronized List<Integer> delivered() {
        return List.copyOf(delivered);
    }

    synchronized boolean begun() {
        return begun;
    }

    FrameCapture capture() {
        return new FrameCapture() {
            @Override
            public void begin() {
                synchronized (FakeFrames.this) {
                    begun = true;
                }
            }

            @Override
            public List<GuestFrame> take(int bytesMax, Duration timeout) throws InterruptedException {
                synchronized (FakeFrames.this) {
                    if (waiting.isEmpty() && !captureClosed) {
                        FakeFrames.this.wait(timeout.toMillis());
                    }
                    List<GuestFrame> taken = List.copyOf(waiting);
                    waiting.clear();
                    return taken;
                }
            }

            @Override
            public void runsElsewhere() {
                elsewhere = true;
            }

            @Override
            public Figures figures() {
                synchronized (FakeFrames.this) {
                    return new Figures(captured, 0, System.nanoTime() - lastNs, announced);
                }
            }

            @Override
            public void close() {
                captureClosed = true;
            }
        };
    }

    FrameDelivery delivery() {
        return new FrameDelivery() {
            @Override
            public boolean deliver(GuestFrame frame) {
                whenDelivering.run();
                synchronized (FakeFrames.this) {
                    if (!refuses) {
                        delivered.add(number(frame));
                    }
                    return !refuses;
                }
            }

            @Override
            public void close() {
                deliveryClosed = true;
            }
        };
    }
}
