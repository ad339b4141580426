package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// What has become of the frames that the host sent to a tap. The kernel counts a frame as sent when the tap's
/// reader has read it, not when it was put into the tap's queue, and as dropped when the queue was full. So
/// these figures tell how far a hypervisor has come.
///
/// Not safe for use by several threads.
///
/// Source: `drivers/net/tun.c` (`tun_do_read`, `tun_net_xmit`), `proc_pid_net(5)` for the columns.
final class TapCounters implements AutoCloseable {
    // The namespace is that of the thread that opens the file, whoever reads it.
    private static final Path TABLE = Path.of("/proc/thread-self/net/dev");
    private static final int CHUNK_BYTES = 16 << 10;
    private static final int TABLE_BYTES_MAX = 4 << 20;
    private static final int COLUMN_SENT = 9;
    private static final int COLUMN_DROPPED = 11;
    private static final int COLUMNS_MIN = 12;

    private final String tap;
    private final FileHandle file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment chunk = arena.allocate(CHUNK_BYTES);

    private TapCounters(String tap, FileHandle file) {
        this.tap = tap;
        this.file = file;
    }

    /// @param read     frames the tap's reader has taken out of it, ever
    /// @param dropped  frames that found no room in it, ever
    record Figures(long read, long dropped) {}

    static TapCounters open(String tap) throws HypervisorException {
        int fd = Libc.open(TABLE, Libc.O_RDONLY | Libc.O_CLOEXEC, 0).intOrThrow("Could not open " + TABLE);
        return new TapCounters(tap, new FileHandle(TABLE.toString(), fd));
    }

    /// @throws HypervisorException also if the tap is gone
    Figures read() throws HypervisorException {
        StringBuilder rest = new StringBuilder();
        long offset = 0;
        while (offset < TABLE_BYTES_MAX) {
            long at = offset;
            long length = file.call(fd -> Libc.pread(fd, chunk, at)).orThrow("Could not read " + TABLE);
            if (length <= 0) {
                break;
            }
            offset += length;
            rest.append(new String(chunk.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.US_ASCII));
            int end;
            while ((end = rest.indexOf("\n")) >= 0) {
                String line = rest.substring(0, end).strip();
                rest.delete(0, end + 1);
                if (line.startsWith(tap + ":")) {
                    return parse(line.substring(tap.length() + 1).strip());
                }
            }
        }
        throw new HypervisorException("There is no network interface " + tap);
    }

    static Figures parse(String columns) throws HypervisorException {
        String[] words = columns.split("\\s+", -1);
        if (words.length < COLUMNS_MIN) {
            throw new HypervisorException("Not a line of " + TABLE + ": " + columns);
        }
        try {
            return new Figures(Long.parseLong(words[COLUMN_SENT]), Long.parseLong(words[COLUMN_DROPPED]));
        } catch (NumberFormatException e) {
            throw new HypervisorException("Not a line of " + TABLE + ": " + columns, e);
        }
    }

    @Override
    public void close() {
        file.close();
        arena.close();
    }
}
