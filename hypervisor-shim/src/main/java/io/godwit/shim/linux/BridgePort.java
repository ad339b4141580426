package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Whether a bridge sends to one of its ports what it sends to every port: broadcasts, multicasts, and frames
/// for addresses it does not know.
///
/// The tap of a guest that is being received gets none of it. It would keep the first frames of a
/// migration that takes minutes: the guest would find them at its resume, long after it has answered them on
/// its other host, and there would be no room for those it has not.
///
/// What the bridge's own host says to everybody goes to every port all the same.
///
/// Source: the kernel's `rtnetlink(7)`, `RTM_SETLINK` for the family `AF_BRIDGE`, `linux/if_link.h`.
public final class BridgePort {
    private static final short RTM_SETLINK = 19;
    /// Request, with acknowledgement.
    private static final short FLAGS = 0x0001 | 0x0004;
    private static final byte AF_BRIDGE = 7;
    private static final short IFLA_PROTINFO_NESTED = (short) (12 | 0x8000);
    private static final short UNICAST_FLOOD = 9;
    private static final short MULTICAST_FLOOD = 27;
    private static final short BROADCAST_FLOOD = 30;
    /// Header of the message, header of the link, header of the nest, and three attributes of one byte, padded.
    private static final int MESSAGE_BYTES = 16 + 16 + 4 + 3 * 8;

    private BridgePort() {}

    /// Idempotent. On failure the port is as it was.
    ///
    /// @param port an interface that belongs to a bridge, in the calling thread's network namespace
    public static void flood(String port, boolean on) throws HypervisorException {
        int index = NetworkInterfaces.index(port)
                .orElseThrow(() -> new HypervisorException("There is no network interface " + port));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_BYTES, 4);
            message.set(JAVA_INT, 0, MESSAGE_BYTES);
            message.set(JAVA_SHORT, 4, RTM_SETLINK);
            message.set(JAVA_SHORT, 6, FLAGS);
            message.set(JAVA_BYTE, 16, AF_BRIDGE);
            message.set(JAVA_INT, 20, index);
            message.set(JAVA_SHORT, 32, (short) (MESSAGE_BYTES - 32));
            message.set(JAVA_SHORT, 34, IFLA_PROTINFO_NESTED);
            int at = 36;
            for (short attribute : new short[] {UNICAST_FLOOD, MULTICAST_FLOOD, BROADCAST_FLOOD}) {
                message.set(JAVA_SHORT, at, (short) 5);
                message.set(JAVA_SHORT, at + 2, attribute);
                message.set(JAVA_BYTE, at + 4, (byte) (on ? 1 : 0));
                at += 8;
            }
            Netlink.request(message, "Could not tell the bridge " + (on ? "" : "not ") + "to flood port " + port);
        }
    }
}
