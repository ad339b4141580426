package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/// The forwarding table of a bridge: which port a MAC address is behind.
///
/// A bridge learns that from the frames a port sends. A guest that has just arrived has sent none, and its bridge
/// still believes it behind the uplink it was reached through before: frames that come in there are dropped.
///
/// Source: the kernel's `rtnetlink(7)`, `RTM_NEWNEIGH` for the family `AF_BRIDGE`.
public final class BridgeForwarding {
    private static final short RTM_NEWNEIGH = 28;
    /// Request, with acknowledgement, replacing what is there or creating it.
    private static final short FLAGS = 0x0001 | 0x0004 | 0x0100 | 0x0400;
    private static final byte AF_BRIDGE = 7;
    /// An entry as if learnt, which ages and gives way to what is learnt later.
    private static final short NUD_REACHABLE = 0x02;
    private static final byte NTF_MASTER = 0x04;
    private static final short NDA_LLADDR = 2;
    private static final int MAC_BYTES = 6;
    /// Header of the message, header of the neighbour, header of the attribute, and the MAC padded to four bytes.
    private static final int MESSAGE_BYTES = 16 + 12 + 4 + 8;

    private BridgeForwarding() {}

    /// Makes the bridge of a port send frames for this address to the port from now on. Idempotent. On failure the
    /// table is as it was.
    ///
    /// @param port an interface that belongs to a bridge, in the calling thread's network namespace
    /// @param mac  six hexadecimal pairs divided by colons
    public static void learn(String port, String mac) throws HypervisorException {
        int index = NetworkInterfaces.index(port)
                .orElseThrow(() -> new HypervisorException("There is no network interface " + port));
        byte[] address = address(mac);
        try (Arena arena = Arena.ofConfined()) {
            Netlink.request(
                    message(arena, index, address), "Could not tell the bridge that " + mac + " is behind " + port);
        }
    }

    private static MemorySegment message(Arena arena, int index, byte[] address) {
        MemorySegment message = arena.allocate(MESSAGE_BYTES, 4);
        message.set(JAVA_INT, 0, MESSAGE_BYTES);
        message.set(JAVA_SHORT, 4, RTM_NEWNEIGH);
        message.set(JAVA_SHORT, 6, FLAGS);
        message.set(JAVA_BYTE, 16, AF_BRIDGE);
        message.set(JAVA_INT, 20, index);
        message.set(JAVA_SHORT, 24, NUD_REACHABLE);
        message.set(JAVA_BYTE, 26, NTF_MASTER);
        message.set(JAVA_SHORT, 28, (short) (4 + MAC_BYTES));
        message.set(JAVA_SHORT, 30, NDA_LLADDR);
        MemorySegment.copy(address, 0, message, JAVA_BYTE, 32, MAC_BYTES);
        return message;
    }

    private static byte[] address(String mac) throws HypervisorException {
        try {
            byte[] address = HexFormat.ofDelimiter(":").parseHex(mac);
            if (address.length == MAC_BYTES) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw new HypervisorException("Not a MAC address: " + mac, e);
        }
        throw new HypervisorException("Not a MAC address: " + mac);
    }
}
