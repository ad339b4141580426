package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/// The requests of ptrace that are needed to run system calls in another process, as methods. All of them have to
/// come from the thread that seized the process, and end with it: the kernel lets go of what a thread traced when
/// that thread ends.
final class Ptrace {
    private static final long CONT = 7;
    private static final long GETREGS = 12;
    private static final long SETREGS = 13;
    private static final long DETACH = 17;
    private static final long SYSCALL = 24;
    private static final long SEIZE = 0x4206;
    private static final long INTERRUPT = 0x4207;
    private static final long GETSIGMASK = 0x420a;
    private static final long SETSIGMASK = 0x420b;

    private static final long OPTION_TRACESYSGOOD = 1;
    private static final int EVENT_STOP = 128;
    private static final int SIGTRAP = 5;
    private static final int SYSCALL_STOP = SIGTRAP | 0x80;
    private static final long SIGSET_BYTES = 8;
    private static final long POLL_NS_MIN = 10_000;
    private static final long POLL_NS_MAX = 1_000_000;

    private final int pid;
    private final MemorySegment status;
    private final MemorySegment sigset;

    Ptrace(int pid, Arena arena) {
        this.pid = pid;
        this.status = arena.allocate(JAVA_INT);
        this.sigset = arena.allocate(JAVA_LONG);
    }

    /// Why a traced thread stands still.
    sealed interface Stop {
        /// It was interrupted by us, or its whole process is stopped by a job-control signal.
        record Event() implements Stop {}

        /// A signal is about to be delivered to it.
        record Signal(int number) implements Stop {}

        /// It enters or leaves a system call.
        record Syscall() implements Stop {}

        /// Not at all: it has ended.
        record Ended() implements Stop {}
    }

    CallResult seize() {
        return request(SEIZE, 0, OPTION_TRACESYSGOOD);
    }

    void interrupt() throws HypervisorException {
        request(INTERRUPT, 0, 0).orThrow("Could not interrupt process " + pid);
    }

    /// Lets the thread run, delivering a signal first unless it is 0.
    void resume(int signal) throws HypervisorException {
        request(CONT, 0, signal).orThrow("Could not let process " + pid + " run on");
    }

    /// As [#resume], where the thread may be running already.
    CallResult tryResume() {
        return request(CONT, 0, 0);
    }

    /// Lets the thread run until it enters or leaves a system call.
    void resumeToSyscall() throws HypervisorException {
        request(SYSCALL, 0, 0).orThrow("Could not let process " + pid + " run to a system call");
    }

    CallResult detach(int signal) {
        return request(DETACH, 0, signal);
    }

    void readRegisters(Registers into) throws HypervisorException {
        Libc.ptrace(GETREGS, pid, 0, into.bytes()).orThrow("Could not read the registers of process " + pid);
    }

    void writeRegisters(Registers from) throws HypervisorException {
        Libc.ptrace(SETREGS, pid, 0, from.bytes()).orThrow("Could not write the registers of process " + pid);
    }

    long readSignalMask() throws HypervisorException {
        Libc.ptrace(GETSIGMASK, pid, SIGSET_BYTES, sigset).orThrow("Could not read the signal mask of process " + pid);
        return sigset.get(JAVA_LONG, 0);
    }

    void writeSignalMask(long mask) throws HypervisorException {
        sigset.set(JAVA_LONG, 0, mask);
        Libc.ptrace(SETSIGMASK, pid, SIGSET_BYTES, sigset).orThrow("Could not write the signal mask of process " + pid);
    }

    /// Waits for the next stop. Polls, because a wait that blocks in the kernel could not be given up.
    ///
    /// @param deadlineNs on the clock of [System#nanoTime]
    Stop awaitStop(long deadlineNs) throws HypervisorException {
        long pauseNs = POLL_NS_MIN;
        while (true) {
            CallResult waited = Libc.waitpid(pid, status, Libc.WNOHANG | Libc.WALL);
            if (!waited.failedWith(Errno.EINTR) && waited.orThrow("Could not wait for process " + pid) == pid) {
                return decode(status.get(JAVA_INT, 0));
            }
            if (System.nanoTime() - deadlineNs >= 0) {
                throw new HypervisorException("Process " + pid + " did not stop in time: it may be waiting for a disk");
            }
            LockSupport.parkNanos(pauseNs);
            pauseNs = Math.min(pauseNs * 2, POLL_NS_MAX);
        }
    }

    static Stop decode(int waitStatus) {
        if ((waitStatus & 0xff) != 0x7f) {
            return new Stop.Ended();
        }
        int signal = waitStatus >> 8 & 0xff;
        int event = waitStatus >> 16;
        if (event == EVENT_STOP) {
            return new Stop.Event();
        }
        return signal == SYSCALL_STOP ? new Stop.Syscall() : new Stop.Signal(signal);
    }

    /// For requests whose last argument is a number where others take an address.
    private CallResult request(long request, long address, long number) {
        return Libc.ptrace(request, pid, address, MemorySegment.ofAddress(number));
    }
}
