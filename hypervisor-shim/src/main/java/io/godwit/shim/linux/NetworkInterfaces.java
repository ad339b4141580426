package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// Network interfaces of the calling thread's network namespace, changed without starting a program.
public final class NetworkInterfaces {
    /// `struct ifreq`: sixteen bytes of name, then a union.
    static final int IFREQ_BYTES = 40;

    static final int IFREQ_UNION = 16;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,15}");
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCSIFHWADDR = 0x8924;
    private static final long SIOCGIFHWADDR = 0x8927;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCSIFTXQLEN = 0x8943;
    private static final long SIOCBRADDIF = 0x89a2;
    private static final int IFF_UP = 1;

    private NetworkInterfaces() {}

    /// The kernel's number of an interface; empty if there is none of this name.
    public static OptionalInt index(String name) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            CallResult result = control(SIOCGIFINDEX, request);
            if (result.failedWith(Errno.ENODEV) || result.failedWith(Errno.ENXIO)) {
                return OptionalInt.empty();
            }
            result.orThrow("Could not look up network interface " + name);
            return OptionalInt.of(request.get(JAVA_INT, IFREQ_UNION));
        }
    }

    public static boolean isUp(String name) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            return (flags(name, request(arena, name)) & IFF_UP) != 0;
        }
    }

    public static void setUp(String name, boolean up) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            int flags = flags(name, request);
            request.set(JAVA_SHORT, IFREQ_UNION, (short) (up ? flags | IFF_UP : flags & ~IFF_UP));
            control(SIOCSIFFLAGS, request)
                    .orThrow("Could not bring network interface " + name + (up ? " up" : " down"));
        }
    }

    /// Gives an interface the highest kind of MAC address, `fe:...`, and leaves the rest of the one it has.
    ///
    /// A bridge without an address of its own takes the lowest among its ports. Were that a tap's, the host's own
    /// address would change with every guest that comes or goes, and its peers would lose it for seconds.
    static void raiseMac(String name) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            control(SIOCGIFHWADDR, request).orThrow("Could not read the MAC address of network interface " + name);
            request.set(JAVA_BYTE, IFREQ_UNION + Short.BYTES, (byte) 0xfe);
            control(SIOCSIFHWADDR, request).orThrow("Could not set the MAC address of network interface " + name);
        }
    }

    /// How many frames may wait in an interface for whoever reads them.
    static void setQueue(String name, int frames) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            request.set(JAVA_INT, IFREQ_UNION, frames);
            control(SIOCSIFTXQLEN, request).orThrow("Could not set the queue of network interface " + name);
        }
    }

    public static void addToBridge(String name, String bridge) throws HypervisorException {
        int port = index(name).orElseThrow(() -> new HypervisorException("There is no network interface " + name));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, bridge);
            request.set(JAVA_INT, IFREQ_UNION, port);
            CallResult result = control(SIOCBRADDIF, request);
            if (result.failedWith(Errno.ENODEV)) {
                throw new HypervisorException("There is no bridge " + bridge);
            }
            result.orThrow("Could not put network interface " + name + " into bridge " + bridge);
        }
    }

    static MemorySegment request(Arena arena, String name) throws HypervisorException {
        if (!NAME.matcher(name).matches()) {
            throw new HypervisorException("Not the name of a network interface: " + name);
        }
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, bytes.length);
        return request;
    }

    private static int flags(String name, MemorySegment request) throws HypervisorException {
        control(SIOCGIFFLAGS, request).orThrow("Could not read the flags of network interface " + name);
        return request.get(JAVA_SHORT, IFREQ_UNION);
    }

    /// Opens a socket for each request, so that the request goes to the namespace of the calling thread.
    private static CallResult control(long request, MemorySegment argument) throws HypervisorException {
        int fd = Libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)
                .intOrThrow("Could not open a socket to control network interfaces");
        try (FileHandle socket = new FileHandle("control socket", fd)) {
            return socket.call(descriptor -> Libc.ioctl(descriptor, request, argument));
        }
    }
}
