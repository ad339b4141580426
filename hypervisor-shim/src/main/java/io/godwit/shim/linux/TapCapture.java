package io.godwit.shim.linux;

import io.godwit.shim.FrameCapture;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.HypervisorException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Captures what is sent to a guest's taps, one platform thread each.
public final class TapCapture implements FrameCapture {
    private static final Logger LOG = LoggerFactory.getLogger(TapCapture.class);
    private static final int MAC_BYTES = 6;
    private static final byte GROUP = 1;
    private static final int LOOK_FRAMES_MAX = 1024;
    /// How often the tap's progress is looked at while the guest runs.
    private static final long PROGRESS_NS = 2_000_000;

    private final List<Card> cards = new ArrayList<>();
    private final Object arrivals = new Object();
    private long arrived;
    private long lastForGuestNs = System.nanoTime();
    private volatile boolean paused;
    private volatile boolean elsewhere;
    private volatile boolean closed;

    private TapCapture() {}

    /// One of the guest's network cards.
    ///
    /// @param tap in the network namespace of the calling thread
    /// @param mac six hexadecimal pairs divided by colons
    public record Port(String tap, String mac) {}

    /// On failure nothing is left open.
    public static TapCapture open(List<Port> ports) throws HypervisorException {
        TapCapture capture = new TapCapture();
        try {
            for (Port port : ports) {
                capture.cards.add(capture.card(port, FrameBacklog.BYTES_MAX / ports.size()));
            }
        } catch (HypervisorException | RuntimeException e) {
            capture.close();
            throw e;
        }
        capture.cards.forEach(Card::start);
        return capture;
    }

    /// @param bytesMax its share of what all cards may have waiting
    private Card card(Port port, int bytesMax) throws HypervisorException {
        TapCounters counters = TapCounters.open(port.tap());
        try {
            // The counters first: a frame in between is taken for one that nobody has to keep, and the next look
            // mends that.
            FrameBacklog backlog = new FrameBacklog(counters.read(), FrameBacklog.FRAMES_MAX, bytesMax);
            byte[] mac = HexFormat.ofDelimiter(":").parseHex(port.mac());
            return new Card(cards.size(), port.tap(), mac, counters, OutgoingFrames.open(port.tap()), backlog);
        } catch (HypervisorException | RuntimeException e) {
            counters.close();
            throw e;
        }
    }

    @Override
    public void begin() {
        long nowNs = System.nanoTime();
        cards.forEach(card -> card.pausedNs = nowNs);
        // The flag last: whoever sees it sees the time too.
        paused = true;
    }

    @Override
    public List<GuestFrame> take(int bytesMax, Duration timeout) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (true) {
            long before;
            synchronized (arrivals) {
                before = arrived;
            }
            for (Card card : cards) {
                List<GuestFrame> frames = card.take(bytesMax);
                if (!frames.isEmpty()) {
                    return frames;
                }
            }
            synchronized (arrivals) {
                while (arrived == before) {
                    long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
                    if (leftMs <= 0 || closed) {
                        return List.of();
                    }
                    arrivals.wait(leftMs);
                }
            }
        }
    }

    @Override
    public void runsElsewhere() {
        elsewhere = true;
    }

    @Override
    public Figures figures() {
        long captured = 0;
        long dropped = 0;
        boolean announced = true;
        for (Card card : cards) {
            synchronized (card) {
                captured += card.backlog.captured();
                dropped += card.backlog.dropped();
                announced &= card.announced;
            }
        }
        synchronized (arrivals) {
            return new Figures(captured, dropped, System.nanoTime() - lastForGuestNs, announced);
        }
    }

    private void arrived() {
        synchronized (arrivals) {
            arrived++;
            arrivals.notifyAll();
        }
    }

    private void heardForGuest() {
        synchronized (arrivals) {
            lastForGuestNs = System.nanoTime();
        }
    }

    @Override
    public void close() {
        closed = true;
        arrived();
        cards.forEach(Card::close);
    }

    /// One tap and its thread. Its lock guards the socket, the counters and the backlog.
    private final class Card {
        private final int number;
        private final String tap;
        private final byte[] mac;
        private final TapCounters counters;
        private final OutgoingFrames frames;
        private final FrameBacklog backlog;
        private final Thread thread;
        private volatile long pausedNs;
        private long progressNs;
        private boolean begun;
        private boolean announced;
        private boolean ended;

        Card(int number, String tap, byte[] mac, TapCounters counters, OutgoingFrames frames, FrameBacklog backlog) {
            this.number = number;
            this.tap = tap;
            this.mac = mac.clone();
            this.counters = counters;
            this.frames = frames;
            this.backlog = backlog;
            this.thread =
                    Thread.ofPlatform().daemon().name("godwit-frames-" + tap).unstarted(this::run);
        }

        void start() {
            thread.start();
        }

        private void run() {
            try {
                while (!closed) {
                    frames.awaitFrame();
                    if (look()) {
                        arrived();
                    }
                }
            } catch (HypervisorException e) {
                if (!closed) {
                    LOG.warn("Frames to tap {} are not captured any more: {}", tap, e.getMessage());
                }
            }
        }

        /// Takes in what has been sent, a bounded part of it.
        ///
        /// @return whether there is something to take
        private synchronized boolean look() throws HypervisorException {
            if (ended) {
                return false;
            }
            boolean begin = paused && !begun;
            long startNs = System.nanoTime();
            // Before the frames are seen, so that the tap's progress is never ahead of what has been.
            TapCounters.Figures figures =
                    begin || (!begun && startNs - progressNs >= PROGRESS_NS) ? counters.read() : null;
            byte[] frame = frames.next();
            for (int left = LOOK_FRAMES_MAX; frame != null; left--) {
                backlog.seen(wanted(frame));
                if (left == 0) {
                    return begun && !backlog.isEmpty();
                }
                frame = frames.next();
            }
            backlog.missed(frames.missed());
            if (figures != null) {
                progressNs = startNs;
                backlog.progress(figures, begin ? pausedNs : startNs);
            }
            if (begin) {
                backlog.begin();
                begun = true;
            }
            return begun && !backlog.isEmpty();
        }

        /// What is sent to everybody is wanted only until the guest runs elsewhere, for it hears it there too.
        private @Nullable GuestFrame wanted(byte[] frame) {
            int at = GuestFrame.HEADER_BYTES;
            if (Arrays.equals(frame, at + MAC_BYTES, at + 2 * MAC_BYTES, mac, 0, MAC_BYTES)) {
                // Said in the guest's name while it is paused here: by the host that has it now.
                announced |= paused;
                return null;
            }
            if ((frame[at] & GROUP) != 0) {
                return elsewhere ? null : new GuestFrame(number, frame);
            }
            if (Arrays.equals(frame, at, at + MAC_BYTES, mac, 0, MAC_BYTES)) {
                heardForGuest();
            }
            return new GuestFrame(number, frame);
        }

        /// Begins, if that is due and has not happened yet, rather than wait for the thread's next look.
        synchronized List<GuestFrame> take(int bytesMax) {
            if (paused && !begun) {
                try {
                    look();
                } catch (HypervisorException e) {
                    LOG.warn("What has been sent to tap {} is not known: {}", tap, e.getMessage());
                    backlog.begin();
                    begun = true;
                }
            }
            return backlog.take(bytesMax);
        }

        synchronized void close() {
            if (!ended) {
                ended = true;
                frames.close();
                counters.close();
            }
        }
    }
}
