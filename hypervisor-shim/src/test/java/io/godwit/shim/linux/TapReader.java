package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads a tap as a hypervisor does, frame by frame.
final class TapReader implements AutoCloseable {
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final short IFF_TAP_NO_PI = 0x1002;
    private static final short IFF_VNET_HDR = 0x4000;
    private static final long CHECKSUM_AND_TSO = 7;

    private final FileHandle handle;

    private TapReader(FileHandle handle) {
        this.handle = handle;
    }

    static TapReader open(String tap) throws HypervisorException {
        return open(tap, IFF_TAP_NO_PI);
    }

    /// Takes frames whose checksums and cutting are left to it, as a virtio card does. Each begins with a header.
    static TapReader openWithOffloads(String tap) throws HypervisorException {
        TapReader reader = open(tap, (short) (IFF_TAP_NO_PI | IFF_VNET_HDR));
        // This request takes a number where others take an address.
        MemorySegment offloads = MemorySegment.ofAddress(CHECKSUM_AND_TSO);
        reader.handle
                .call(descriptor -> Libc.ioctl(descriptor, TUNSETOFFLOAD, offloads))
                .orThrow("Could not take offloads of " + tap);
        return reader;
    }

    private static TapReader open(String tap, short flags) throws HypervisorException {
        int fd = Libc.open(Path.of("/dev/net/tun"), Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0)
                .intOrThrow("Could not open /dev/net/tun");
        FileHandle handle = new FileHandle(tap, fd);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = NetworkInterfaces.request(arena, tap);
            request.set(JAVA_SHORT, NetworkInterfaces.IFREQ_UNION, flags);
            handle.call(descriptor -> Libc.ioctl(descriptor, TUNSETIFF, request))
                    .orThrow("Could not attach to " + tap);
        }
        return new TapReader(handle);
    }

    /// The next frame; null if none waits.
    byte @Nullable [] next() throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1 << 17);
            CallResult got = handle.call(fd -> Libc.read(fd, buffer));
            return got instanceof CallResult.Value(long length)
                    ? buffer.asSlice(0, length).toArray(JAVA_BYTE)
                    : null;
        }
    }

    /// The next frame of the test's own kind.
    byte @Nullable [] nextTest() throws HypervisorException {
        byte[] frame = next();
        while (frame != null && !isTest(frame)) {
            frame = next();
        }
        return frame;
    }

    /// By the sender's address, which only tests use.
    static boolean isTest(byte[] frame) {
        return Arrays.equals(frame, 6, 11, TapFramesTest.SENDER, 0, 5);
    }

    @Override
    public void close() {
        handle.close();
    }
}
