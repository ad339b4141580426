package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Requests to the kernel's routing netlink in the network namespace of the calling thread.
///
/// Source: `netlink(7)`.
final class Netlink {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int NETLINK_ROUTE = 0;
    private static final short NLMSG_ERROR = 2;
    private static final int ANSWER_BYTES = 1024;
    private static final int ANSWER_MS = 1_000;

    private Netlink() {}

    /// Sends a request that asks for an acknowledgement, and waits for it.
    ///
    /// @param attempt what is tried, as the beginning of a sentence
    static void request(MemorySegment message, String attempt) throws HypervisorException {
        int fd = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
                .intOrThrow("Could not open a netlink socket");
        try (FileHandle socket = new FileHandle("netlink socket", fd);
                Arena arena = Arena.ofConfined()) {
            socket.call(descriptor -> Libc.send(descriptor, message, 0)).orThrow(attempt);
            CallResult ready = socket.call(descriptor -> Libc.pollIn(descriptor, ANSWER_MS));
            if (ready.orThrow(attempt) == 0) {
                throw new HypervisorException(attempt + ": the kernel did not answer");
            }
            checkAnswer(socket, arena, attempt);
        }
    }

    /// The answer is an error message whose error is 0 if all went well.
    private static void checkAnswer(FileHandle socket, Arena arena, String attempt) throws HypervisorException {
        MemorySegment answer = arena.allocate(ANSWER_BYTES, 4);
        MemorySegment from = arena.allocate(16, 4);
        MemorySegment fromLength = arena.allocate(JAVA_INT);
        fromLength.set(JAVA_INT, 0, 16);
        long length = socket.call(descriptor -> Libc.recvfrom(descriptor, answer, 0, from, fromLength))
                .orThrow(attempt);
        if (length < 20 || answer.get(JAVA_SHORT, 4) != NLMSG_ERROR) {
            throw new HypervisorException(attempt + ": the kernel answered something else");
        }
        int error = answer.get(JAVA_INT, 16);
        if (error != 0) {
            throw new HypervisorException(attempt + ": " + new Errno(-error));
        }
    }
}
