package io.godwit.shim.linux;

import io.godwit.shim.GuestFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The frames sent to a tap that its reader may not have read. Pure: what is seen, read and dropped is told to
/// it.
///
/// The invariant: a frame is let go only when two later ones have been read as well, or when nothing has been
/// read for longer than [#DOUBT_NS]. Two, because a reader that has just been paused reads one more into a
/// queue of its own, and may have thrown away one that waited there.
///
/// How many are unread is a difference of two counters, which began somewhere: frames may have waited in the
/// tap before. Whenever the difference says that nothing waits, it is taken at its word and counted from there;
/// should a few have waited then, the count is too low by these few until the queue has really been empty once.
final class FrameBacklog {
    static final int FRAMES_MAX = 4096;
    static final int BYTES_MAX = 8 << 20;
    static final int DOUBTFUL = 2;
    static final long DOUBT_NS = 100_000_000;

    private final int framesMax;
    private final int bytesMax;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long bytes;
    private long seen;
    private long readBase;
    private long droppedBase;
    private long lastRead;
    private long lastReadNs = Long.MIN_VALUE / 2;
    private boolean begun;
    private long captured;
    private long dropped;

    /// @param frame null for one that need not be kept, but counts
    private record Entry(@Nullable GuestFrame frame) {
        int size() {
            return frame == null ? 0 : frame.bytes().length;
        }
    }

    FrameBacklog(TapCounters.Figures start, int framesMax, int bytesMax) {
        this.readBase = start.read();
        this.droppedBase = start.dropped();
        this.lastRead = start.read();
        this.framesMax = framesMax;
        this.bytesMax = bytesMax;
    }

    /// A frame was sent to the tap.
    ///
    /// @param frame null if it is of no use to the guest elsewhere
    void seen(@Nullable GuestFrame frame) {
        seen++;
        if (begun && frame == null) {
            return;
        }
        Entry entry = new Entry(frame);
        if (begun) {
            // The newest goes: who sent it may send it again, and what came before stays in order.
            if (entries.size() >= framesMax || bytes + entry.size() > bytesMax) {
                dropped++;
                return;
            }
            captured++;
        } else {
            // The oldest goes: it is the one most likely to have been received.
            while (!entries.isEmpty() && (entries.size() >= framesMax || bytes + entry.size() > bytesMax)) {
                removeFirst();
            }
        }
        entries.addLast(entry);
        bytes += entry.size();
    }

    /// Frames passed that nobody could look at.
    void missed(long count) {
        seen += count;
        if (begun) {
            dropped += count;
        }
    }

    /// Lets go of what has been received. The figures must have been read before the last frames were seen.
    void progress(TapCounters.Figures figures, long nowNs) {
        if (begun) {
            return;
        }
        if (figures.read() != lastRead) {
            lastRead = figures.read();
            lastReadNs = nowNs;
        }
        long read = figures.read() - readBase;
        long waiting = seen - read - (figures.dropped() - droppedBase);
        // Of frames that found no room in the tap it is not known which they were, so all of them count.
        long unread = seen - read;
        if (waiting <= 0) {
            unread = 0;
            seen = 0;
            readBase = figures.read();
            droppedBase = figures.dropped();
        }
        while (entries.size() > unread + DOUBTFUL) {
            removeFirst();
        }
        while (entries.size() > unread && nowNs - lastReadNs > DOUBT_NS) {
            removeFirst();
        }
    }

    /// The reader has been paused: from now on everything is kept.
    void begin() {
        begun = true;
        entries.removeIf(entry -> entry.frame() == null);
        captured += entries.size();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /// The oldest frames, of at most so many bytes together unless the first is larger. Only once begun.
    List<GuestFrame> take(int takeBytesMax) {
        List<GuestFrame> taken = new ArrayList<>();
        long takenBytes = 0;
        while (begun && !entries.isEmpty()) {
            Entry first = entries.getFirst();
            if (!taken.isEmpty() && takenBytes + first.size() > takeBytesMax) {
                break;
            }
            removeFirst();
            takenBytes += first.size();
            if (first.frame() != null) {
                taken.add(first.frame());
            }
        }
        return taken;
    }

    /// Frames kept since it began, taken or not.
    long captured() {
        return captured;
    }

    /// Frames since it began for which there was no room.
    long dropped() {
        return dropped;
    }

    private void removeFirst() {
        bytes -= entries.removeFirst().size();
    }
}
