package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.godwit.shim.ConnectionFigures.Figures;
import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What the kernel knows of the TCP connections that this process sends on.
///
/// Source: `struct tcp_info` in `include/uapi/linux/tcp.h`; bytes that wait for their first sending are told since
/// Linux 4.6.
public final class TcpConnection {
    private static final int UNACKNOWLEDGED_SEGMENTS = 24;
    private static final int ROUND_TRIP_MICROS = 68;
    private static final int BYTES_ACKNOWLEDGED = 120;
    private static final int UNSENT_BYTES = 144;
    private static final int INFO_BYTES = 148;

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;

    private TcpConnection() {}

    /// As [io.godwit.shim.ConnectionFigures#look].
    public static Figures look(int fd) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, Long.BYTES);
            // An old kernel writes less, and then this stays.
            info.set(JAVA_INT, UNSENT_BYTES, -1);
            Libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info).orThrow("Could not ask for a connection's figures");
            int unsent = info.get(JAVA_INT, UNSENT_BYTES);
            if (unsent == -1) {
                throw new HypervisorException("The kernel does not tell what it has still to send");
            }
            return new Figures(
                    Integer.toUnsignedLong(info.get(JAVA_INT, ROUND_TRIP_MICROS)),
                    info.get(JAVA_LONG, BYTES_ACKNOWLEDGED),
                    unsent != 0 || info.get(JAVA_INT, UNACKNOWLEDGED_SEGMENTS) != 0);
        }
    }
}
