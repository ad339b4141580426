package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs system calls in another process, through its main thread. That thread is stopped, made to execute the
/// calls, and left exactly as it was: registers, signal mask, the bytes below its stack, a system call it was
/// waiting in, and a stop by job control. Its other threads go on all the while.
///
/// Signals that arrive in the meantime are held back by the thread's mask and delivered afterwards by the kernel.
/// If the process that uses this class is killed within the millisecond a session takes, the other process is lost
/// too: the kernel lets it go with the registers it then has.
final class RemoteSyscalls {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteSyscalls.class);

    /// What the scratch memory holds at most.
    static final int SCRATCH_BYTES = 128;

    private static final int RED_ZONE_BYTES = 128;
    private static final int STOPS_MAX = 1000;
    private static final int RESTARTS_MAX = 100;
    private static final int SIGSTOP = 19;
    private static final int SIGSYS = 31;

    /// Everything but the signals a thread's own instructions raise. Were one of those blocked when it is raised,
    /// the kernel would reset its handler.
    private static final long HELD_BACK = ~(bit(4) | bit(5) | bit(7) | bit(8) | bit(11) | bit(SIGSYS));

    /// A thread whose registers are not its own is waited for much longer than any caller waits: letting it go as
    /// it is would kill the process.
    private static final Duration RESTORE_TIMEOUT = Duration.ofMinutes(10);

    private static final Duration KILLED_TIMEOUT = Duration.ofMillis(500);

    private final LinuxProcess process;
    private final int pid;
    private final Ptrace ptrace;
    private final long deadlineNs;
    private final Registers saved;
    private final Registers work;
    private final MemorySegment savedScratch;
    private long instruction;
    private long savedMask;
    private boolean maskChanged;
    private boolean scratchWritten;
    private boolean stopHeldBack;
    private Position position = Position.OUTSIDE;

    /// Where the thread stands.
    private enum Position {
        /// Not seized, or let go.
        OUTSIDE,
        /// Seized and running with its own registers.
        RUNNING,
        /// Stopped where the kernel decides about restarting system calls: the place to put registers back.
        STOPPED,
        /// Running with registers of ours, or stopped at either end of a system call of ours.
        IN_CALL,
        ENDED
    }

    private RemoteSyscalls(LinuxProcess process, Arena arena, long deadlineNs) {
        this.process = process;
        this.pid = Math.toIntExact(process.pid());
        this.ptrace = new Ptrace(pid, arena);
        this.deadlineNs = deadlineNs;
        this.saved = new Registers(arena);
        this.work = new Registers(arena);
        this.savedScratch = arena.allocate(SCRATCH_BYTES, 16);
    }

    /// What to do while the process is stopped.
    @FunctionalInterface
    interface Session<T> {
        T run(RemoteSyscalls remote) throws HypervisorException;
    }

    /// Stops the process's main thread, runs the session, and restores the thread, whatever happened. Waits for
    /// it even if the caller is interrupted, for a bounded time.
    static <T> T run(LinuxProcess process, Duration timeout, Session<T> session) throws HypervisorException {
        Optional<String> refusal = ownChild(process.pid());
        if (refusal.isPresent()) {
            throw new HypervisorException(refusal.get());
        }
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        FutureTask<T> task = new FutureTask<>(() -> {
            try (Arena arena = Arena.ofConfined()) {
                return new RemoteSyscalls(process, arena, deadlineNs).runOnThisThread(session);
            }
        });
        Thread thread = Thread.ofPlatform()
                .daemon()
                .name("godwit-ptrace-" + process.pid())
                .unstarted(task);
        thread.start();
        return await(task, process, deadlineNs + TimeUnit.SECONDS.toNanos(1));
    }

    /// Runs one system call there.
    ///
    /// @param arguments at most six
    CallResult call(long number, long... arguments) throws HypervisorException {
        for (int i = 0; i < RESTARTS_MAX; i++) {
            work.copyFrom(saved);
            work.prepareCall(instruction, number, arguments);
            ptrace.writeRegisters(work);
            position = Position.IN_CALL;
            runToSyscallStop();
            ptrace.readRegisters(work);
            if (work.get("orig_rax") != number) {
                throw new HypervisorException(
                        "Process " + pid + " entered another system call than it was made to: " + work.get("orig_rax"));
            }
            runToSyscallStop();
            ptrace.readRegisters(work);
            long result = work.get("rax");
            if (!wantsRestart(result)) {
                return result < 0 && result >= -4095
                        ? new CallResult.Failure(new Errno((int) -result))
                        : new CallResult.Value(result);
            }
        }
        throw new HypervisorException(
                "A system call in process " + pid + " was interrupted again and again: " + number);
    }

    /// Where [#writeScratch] writes: below the stack, out of the reach of the code that was interrupted.
    long scratchAddress() {
        return (saved.get("rsp") - RED_ZONE_BYTES - SCRATCH_BYTES) & -16L;
    }

    /// Puts bytes where a system call can find them, until the next time or the end of the session.
    void writeScratch(MemorySegment bytes) throws HypervisorException {
        if (bytes.byteSize() > SCRATCH_BYTES) {
            throw new IllegalArgumentException("More than " + SCRATCH_BYTES + " bytes: " + bytes.byteSize());
        }
        if (!scratchWritten) {
            transferred(Libc.readProcess(pid, scratchAddress(), savedScratch), SCRATCH_BYTES, "read");
            scratchWritten = true;
        }
        transferred(Libc.writeProcess(pid, scratchAddress(), bytes), bytes.byteSize(), "write");
    }

    private <T> T runOnThisThread(Session<T> session) throws HypervisorException {
        stop();
        try {
            ptrace.readRegisters(saved);
            if (!saved.is64Bit()) {
                throw new HypervisorException("Process " + pid + " does not run 64-bit code");
            }
            savedMask = ptrace.readSignalMask();
            ptrace.writeSignalMask(savedMask | HELD_BACK);
            maskChanged = true;
            return session.run(this);
        } finally {
            restoreAndLetGo();
        }
    }

    /// Seizes the thread and stops it. On failure it runs on: what is seized and not stopped is let go by the end
    /// of this thread.
    private void stop() throws HypervisorException {
        CallResult seized = ptrace.seize();
        if (seized.failedWith(Errno.EPERM)) {
            throw new HypervisorException(mayNotTrace());
        }
        seized.orThrow("Could not trace process " + pid);
        position = Position.RUNNING;
        // Looked for while the process still runs, for that takes longer than everything else.
        instruction = SyscallInstruction.find(pid);
        ptrace.interrupt();
        for (int i = 0; i < STOPS_MAX; i++) {
            switch (ptrace.awaitStop(deadlineNs)) {
                case Ptrace.Stop.Event() -> {
                    position = Position.STOPPED;
                    return;
                }
                case Ptrace.Stop.Signal(int number) -> ptrace.resume(number);
                case Ptrace.Stop.Syscall() -> ptrace.resume(0);
                case Ptrace.Stop.Ended() -> throw ended();
            }
        }
        throw new HypervisorException("Process " + pid + " gets more signals than it can be stopped between");
    }

    private void runToSyscallStop() throws HypervisorException {
        for (int i = 0; i < STOPS_MAX; i++) {
            ptrace.resumeToSyscall();
            switch (ptrace.awaitStop(deadlineNs)) {
                case Ptrace.Stop.Syscall() -> {
                    return;
                }
                // A stop of the whole process: its main thread joins it when it is let go.
                case Ptrace.Stop.Event() -> {}
                case Ptrace.Stop.Signal(int number) -> holdBack(number);
                case Ptrace.Stop.Ended() -> throw ended();
            }
        }
        throw new HypervisorException("Process " + pid + " does not come to a system call");
    }

    private void holdBack(int signal) throws HypervisorException {
        if (signal == SIGSTOP) {
            stopHeldBack = true;
        } else if (signal == SIGSYS) {
            throw new HypervisorException("A seccomp filter of process " + pid + " forbids a system call");
        } else {
            throw new HypervisorException("Process " + pid + " got signal " + signal + " in a system call");
        }
    }

    private void restoreAndLetGo() {
        if (position == Position.OUTSIDE || position == Position.RUNNING || position == Position.ENDED) {
            return;
        }
        try {
            int signal = position == Position.IN_CALL ? leaveCall() : 0;
            if (position == Position.ENDED) {
                return;
            }
            if (scratchWritten) {
                transferred(Libc.writeProcess(pid, scratchAddress(), savedScratch), SCRATCH_BYTES, "restore");
            }
            ptrace.writeRegisters(saved);
            if (maskChanged) {
                ptrace.writeSignalMask(savedMask);
            }
            ptrace.detach(signal).orThrow("Could not let go of process " + pid);
            if (stopHeldBack) {
                process.signal(LinuxProcess.Signal.STOP);
            }
        } catch (HypervisorException e) {
            reportUnlessKilled(e);
        }
        position = Position.OUTSIDE;
    }

    /// A process that is being killed refuses everything, and needs no restoring.
    private void reportUnlessKilled(HypervisorException failure) {
        try {
            if (process.awaitExit(KILLED_TIMEOUT)) {
                return;
            }
        } catch (HypervisorException e) {
            failure.addSuppressed(e);
        }
        LOG.error("Process {} could not be left as it was found", pid, failure);
    }

    /// Brings the thread from a call of ours to a stop where its own registers can be put back such that a call it
    /// was waiting in is started again. It executes no instruction on the way there.
    ///
    /// @return the signal to deliver when it is let go, or 0
    private int leaveCall() throws HypervisorException {
        long restoreDeadlineNs = System.nanoTime() + RESTORE_TIMEOUT.toNanos();
        ptrace.interrupt();
        // Fails if the thread is still inside the call, where the wait below finds it sooner or later.
        CallResult resumed = ptrace.tryResume();
        for (int i = 0; i < STOPS_MAX; i++) {
            switch (ptrace.awaitStop(restoreDeadlineNs)) {
                case Ptrace.Stop.Event() -> {
                    position = Position.STOPPED;
                    return 0;
                }
                case Ptrace.Stop.Signal(int number) -> {
                    position = Position.STOPPED;
                    return number == SIGSTOP ? SIGSTOP : 0;
                }
                case Ptrace.Stop.Syscall() -> ptrace.resume(0);
                case Ptrace.Stop.Ended() -> {
                    position = Position.ENDED;
                    return 0;
                }
            }
        }
        throw new HypervisorException("Process " + pid + " cannot be stopped outside its system call: " + resumed);
    }

    private HypervisorException ended() {
        position = Position.ENDED;
        return new HypervisorException("Process " + pid + " ended while it was being attached to");
    }

    private String mayNotTrace() {
        String tracer = ProcFiles.status(pid, "TracerPid").orElse("0");
        String reason = tracer.equals("0") ? ProcFiles.PERMISSION_NEEDED : "it is traced already, by process " + tracer;
        return "May not trace process " + pid + ": " + reason;
    }

    private void transferred(CallResult result, long bytes, String verb) throws HypervisorException {
        long moved = result.orThrow("Could not " + verb + " the stack of process " + pid);
        if (moved != bytes) {
            throw new HypervisorException("Could not " + verb + " all of the stack of process " + pid + ": " + moved
                    + " of " + bytes + " bytes");
        }
    }

    /// The kernel's inner codes for "start this call again".
    private static boolean wantsRestart(long result) {
        return result == -512 || result == -513 || result == -514 || result == -516;
    }

    private static long bit(int signal) {
        return 1L << (signal - 1);
    }

    /// Why a child of this process cannot be traced by it; empty if the process is none. The Java library waits for the
    /// end of every process it starts, in a way that also receives its being stopped: it would report the end of a
    /// process that lives, and this class would wait for a stop it never sees.
    static Optional<String> ownChild(long pid) {
        String self = Long.toString(ProcessHandle.current().pid());
        return ProcFiles.status(pid, "PPid")
                .filter(self::equals)
                .map(parent ->
                        "A direct child of this process cannot be traced by it: start it detached, as with QEMU's"
                                + " -daemonize: process " + pid);
    }

    private static <T> T await(FutureTask<T> task, LinuxProcess process, long deadlineNs) throws HypervisorException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (TimeoutException e) {
            throw new HypervisorException("Process " + process.pid() + " did not stop in time", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypervisorException failure) {
                throw failure;
            }
            throw new IllegalStateException("Running system calls in process " + process.pid() + " failed", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
