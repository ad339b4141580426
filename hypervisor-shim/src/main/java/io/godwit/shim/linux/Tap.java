package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// Persistent tap interfaces: one for each network card of a guest, there whether or not its QEMU has opened it.
/// They belong to the network namespace of the calling thread.
public final class Tap {
    /// What a tap holds for a guest that is paused, or that has just arrived and runs slowly until its code is
    /// translated anew; what comes beyond is lost. The kernel's own 1000 are filled by a thousand packets a second.
    static final int QUEUE_FRAMES = 3000;

    private static final Path DEVICE = Path.of("/dev/net/tun");
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final short IFF_TAP = 0x0002;
    private static final short IFF_NO_PI = 0x1000;

    private Tap() {}

    public static boolean exists(String name) throws HypervisorException {
        return NetworkInterfaces.index(name).isPresent();
    }

    /// Creates a tap, puts it into the bridge and brings it up. On failure there is no tap, unless there was an
    /// interface of that name before, which is left alone.
    ///
    /// @param name at most 15 characters
    public static void create(String name, String bridge) throws HypervisorException {
        if (exists(name)) {
            throw new HypervisorException("There is already a network interface " + name);
        }
        persist(name, true);
        try {
            NetworkInterfaces.raiseMac(name);
            NetworkInterfaces.setQueue(name, QUEUE_FRAMES);
            NetworkInterfaces.addToBridge(name, bridge);
            NetworkInterfaces.setUp(name, true);
        } catch (HypervisorException e) {
            try {
                delete(name);
            } catch (HypervisorException leftOver) {
                e.addSuppressed(leftOver);
            }
            throw e;
        }
    }

    /// Removes a tap; does nothing if there is none. Fails while a process has it open.
    public static void delete(String name) throws HypervisorException {
        if (exists(name)) {
            persist(name, false);
        }
    }

    /// Opens the tap, which creates it if need be, and says whether it is to stay when it is closed.
    private static void persist(String name, boolean stays) throws HypervisorException {
        int fd = Libc.open(DEVICE, Libc.O_RDWR | Libc.O_CLOEXEC, 0).intOrThrow("Could not open " + DEVICE);
        try (Arena arena = Arena.ofConfined();
                FileHandle device = new FileHandle(DEVICE.toString(), fd)) {
            MemorySegment request = NetworkInterfaces.request(arena, name);
            request.set(JAVA_SHORT, NetworkInterfaces.IFREQ_UNION, (short) (IFF_TAP | IFF_NO_PI));
            CallResult attached = device.call(descriptor -> Libc.ioctl(descriptor, TUNSETIFF, request));
            if (attached.failedWith(Errno.EBUSY)) {
                throw new HypervisorException("A process still has the tap open: " + name);
            }
            attached.orThrow("Could not open tap " + name);
            // This request takes a number where others take an address.
            MemorySegment flag = MemorySegment.ofAddress(stays ? 1 : 0);
            device.call(descriptor -> Libc.ioctl(descriptor, TUNSETPERSIST, flag))
                    .orThrow("Could not make tap " + name + (stays ? " stay" : " go"));
        }
    }
}
