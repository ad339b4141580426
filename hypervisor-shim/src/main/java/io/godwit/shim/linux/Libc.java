package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/// The C library's functions that Godwit calls, and nothing else. Every call gives a value or an errno, and none
/// keeps a pointer after it has returned.
///
/// A call that may block holds its carrier thread, so callers bound their waits and prefer platform threads.
final class Libc {
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0100;
    static final int O_EXCL = 0200;
    static final int O_NONBLOCK = 04000;
    static final int O_CLOEXEC = 02000000;
    static final int MFD_CLOEXEC = 1;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    static final int WNOHANG = 1;
    static final int WALL = 0x40000000;
    static final int CLOCK_BOOTTIME = 7;
    static final short POLLIN = 1;

    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final long SYS_PIDFD_GETFD = 438;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN =
            variadic("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle MEMFD_CREATE =
            bind("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CLOSE = bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            bind("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle LSEEK =
            bind("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PREAD =
            bind("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle READ =
            bind("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle FALLOCATE =
            bind("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle IOCTL =
            variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle SYSCALL = variadic(
            "syscall", 1, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PTRACE =
            variadic("ptrace", 1, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle WAITPID =
            bind("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final FunctionDescriptor PROCESS_VM =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PROCESS_VM_READV = bind("process_vm_readv", PROCESS_VM);
    private static final MethodHandle PROCESS_VM_WRITEV = bind("process_vm_writev", PROCESS_VM);
    private static final MethodHandle SETNS = bind("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SOCKET =
            bind("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = bind("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            bind("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SEND =
            bind("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle RECVFROM = bind(
            "recvfrom", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle RECVMSG =
            bind("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            bind("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle POLL =
            bind("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CLOCK_GETTIME =
            bind("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MLOCKALL = bind("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Libc() {}

    static CallResult open(Path path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            return call(errno -> (int) OPEN.invokeExact(errno, name, flags, mode));
        }
    }

    /// @param name shown in `/proc/PID/maps`; up to 249 bytes
    static CallResult memfdCreate(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return call(errno -> (int) MEMFD_CREATE.invokeExact(errno, text, flags));
        }
    }

    static CallResult close(int fd) {
        return call(errno -> (int) CLOSE.invokeExact(errno, fd));
    }

    static CallResult ftruncate(int fd, long bytes) {
        return call(errno -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
    }

    static CallResult lseek(int fd, long offset, int whence) {
        return call(errno -> (long) LSEEK.invokeExact(errno, fd, offset, whence));
    }

    static CallResult pread(int fd, MemorySegment into, long offset) {
        return call(errno -> (long) PREAD.invokeExact(errno, fd, into, into.byteSize(), offset));
    }

    static CallResult read(int fd, MemorySegment into) {
        return call(errno -> (long) READ.invokeExact(errno, fd, into, into.byteSize()));
    }

    static CallResult fallocate(int fd, int mode, long offset, long bytes) {
        return call(errno -> (int) FALLOCATE.invokeExact(errno, fd, mode, offset, bytes));
    }

    /// @param argument as large as the request says it is, or [MemorySegment#NULL]; the caller answers for that
    static CallResult ioctl(int fd, long request, MemorySegment argument) {
        return call(errno -> (int) IOCTL.invokeExact(errno, fd, request, argument));
    }

    /// @param data an address in this process, or a plain number, as the request wants it
    static CallResult ptrace(long request, int pid, long address, MemorySegment data) {
        return call(errno -> (long) PTRACE.invokeExact(errno, request, pid, address, data));
    }

    /// @param status four bytes for the wait status
    static CallResult waitpid(int pid, MemorySegment status, int options) {
        return call(errno -> (int) WAITPID.invokeExact(errno, pid, status, options));
    }

    /// Reads another process's memory. The value is the number of bytes read, which may be fewer than asked for.
    static CallResult readProcess(int pid, long address, MemorySegment into) {
        return processVm(PROCESS_VM_READV, pid, address, into);
    }

    /// Writes another process's memory, honouring its protections. The value is the number of bytes written.
    static CallResult writeProcess(int pid, long address, MemorySegment from) {
        return processVm(PROCESS_VM_WRITEV, pid, address, from);
    }

    static CallResult pidfdOpen(int pid) {
        return call(errno -> (long) SYSCALL.invokeExact(errno, SYS_PIDFD_OPEN, (long) pid, 0L, 0L, 0L));
    }

    static CallResult pidfdSendSignal(int pidfd, int signal) {
        return call(
                errno -> (long) SYSCALL.invokeExact(errno, SYS_PIDFD_SEND_SIGNAL, (long) pidfd, (long) signal, 0L, 0L));
    }

    /// A descriptor of our own for the file that another process has open under this number.
    static CallResult pidfdGetfd(int pidfd, int remoteFd) {
        return call(errno -> (long) SYSCALL.invokeExact(errno, SYS_PIDFD_GETFD, (long) pidfd, (long) remoteFd, 0L, 0L));
    }

    static CallResult setns(int fd, int kind) {
        return call(errno -> (int) SETNS.invokeExact(errno, fd, kind));
    }

    static CallResult socket(int family, int type, int protocol) {
        return call(errno -> (int) SOCKET.invokeExact(errno, family, type, protocol));
    }

    static CallResult bindSocket(int fd, MemorySegment address) {
        return call(errno -> (int) BIND.invokeExact(errno, fd, address, (int) address.byteSize()));
    }

    static CallResult setsockopt(int fd, int level, int option, MemorySegment value) {
        return call(errno -> (int) SETSOCKOPT.invokeExact(errno, fd, level, option, value, (int) value.byteSize()));
    }

    static CallResult send(int fd, MemorySegment bytes, int flags) {
        return call(errno -> (long) SEND.invokeExact(errno, fd, bytes, bytes.byteSize(), flags));
    }

    /// @param from       where the sender's address goes
    /// @param fromLength four bytes holding the size of `from`
    static CallResult recvfrom(int fd, MemorySegment into, int flags, MemorySegment from, MemorySegment fromLength) {
        return call(errno -> (long) RECVFROM.invokeExact(errno, fd, into, into.byteSize(), flags, from, fromLength));
    }

    /// @param message a `struct msghdr` whose buffers outlive the call
    static CallResult recvmsg(int fd, MemorySegment message, int flags) {
        return call(errno -> (long) RECVMSG.invokeExact(errno, fd, message, flags));
    }

    /// @param value filled as far as the option reaches
    static CallResult getsockopt(int fd, int level, int option, MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, (int) value.byteSize());
            return call(errno -> (int) GETSOCKOPT.invokeExact(errno, fd, level, option, value, length));
        }
    }

    /// Waits until the descriptor can be read (or, for a pidfd, its process has ended). The value is 1 if so and 0
    /// after the timeout.
    static CallResult pollIn(int fd, int timeoutMs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(8, 4);
            pollfd.set(JAVA_INT, 0, fd);
            pollfd.set(JAVA_SHORT, 4, POLLIN);
            return call(errno -> (int) POLL.invokeExact(errno, pollfd, 1L, timeoutMs));
        }
    }

    /// @param timespec sixteen bytes: seconds and nanoseconds
    static CallResult clockGettime(int clock, MemorySegment timespec) {
        return call(errno -> (int) CLOCK_GETTIME.invokeExact(errno, clock, timespec));
    }

    static CallResult mlockall(int flags) {
        return call(errno -> (int) MLOCKALL.invokeExact(errno, flags));
    }

    private static CallResult processVm(MethodHandle function, int pid, long address, MemorySegment local) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment here = arena.allocate(JAVA_LONG, 2);
            here.setAtIndex(JAVA_LONG, 0, local.address());
            here.setAtIndex(JAVA_LONG, 1, local.byteSize());
            MemorySegment there = arena.allocate(JAVA_LONG, 2);
            there.setAtIndex(JAVA_LONG, 0, address);
            there.setAtIndex(JAVA_LONG, 1, local.byteSize());
            return call(errno -> (long) function.invokeExact(errno, pid, here, 1L, there, 1L, 0L));
        }
    }

    private static CallResult call(NativeCall function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CAPTURED);
            long result = function.invoke(state);
            return result == -1
                    ? new CallResult.Failure(new Errno((int) ERRNO.get(state, 0L)))
                    : new CallResult.Value(result);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("A native call threw what it cannot throw", e);
        }
    }

    private interface NativeCall {
        // A method handle's invokeExact is declared to throw Throwable.
        long invoke(MemorySegment errno) throws Throwable;
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        return link(name, descriptor, Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(String name, int firstVariadic, FunctionDescriptor descriptor) {
        return link(
                name,
                descriptor,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    // Safe because each descriptor repeats the function's prototype in the C library for 64-bit Linux, and every
    // pointer handed over is either a segment of the size the function expects or checked by the kernel.
    @SuppressWarnings("restricted")
    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("The C library has no function " + name));
        return LINKER.downcallHandle(address, descriptor, options);
    }
}
