package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Against real processes in the states a thread can be found in. Each has to run on as if nothing had been.
@Timeout(60)
class RemoteSyscallsTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long SYS_GETPID = 39;
    private static final long SYS_KILL = 62;
    private static final long SYS_CLOCK_NANOSLEEP = 230;
    private static final int SIGUSR1 = 10;

    @Test
    void a_thread_that_waits_in_a_system_call_goes_on_waiting() throws Exception {
        long startNs = System.nanoTime();
        try (Detached child = Detached.start("busybox", "sleep", "3")) {
            for (int i = 0; i < 20; i++) {
                assertThat(getpid(child))
                        .isEqualTo(new CallResult.Value(child.process().pid()));
            }
            assertThat(child.output().readLine()).isEqualTo("status 0");
            assertThat(System.nanoTime() - startNs).isGreaterThan(2_900_000_000L);
        }
    }

    @Test
    void a_thread_that_computes_comes_to_the_right_result() throws Exception {
        int rounds = 400_000;
        String program = "i=0; s=1; while [ $i -lt " + rounds
                + " ]; do s=$(( (s * 31 + i) % 1000003 )); i=$((i+1)); done; echo $s";
        long expected = 1;
        for (int i = 0; i < rounds; i++) {
            expected = (expected * 31 + i) % 1000003;
        }
        try (Detached child = Detached.start("busybox", "sh", "-c", program)) {
            for (int i = 0; i < 20; i++) {
                assertThat(getpid(child))
                        .isEqualTo(new CallResult.Value(child.process().pid()));
            }
            assertThat(child.output().readLine()).isEqualTo(Long.toString(expected));
        }
    }

    @Test
    void a_signal_that_arrives_meanwhile_is_delivered_afterwards() throws Exception {
        try (Detached child = Detached.start(
                "busybox", "sh", "-c", "trap 'echo got it; exit 7' USR1; echo ready; while :; do :; done")) {
            assertThat(child.output().readLine()).isEqualTo("ready");
            RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                assertThat(remote.call(SYS_KILL, child.process().pid(), SIGUSR1))
                        .isEqualTo(new CallResult.Value(0));
                return remote.call(SYS_GETPID);
            });
            assertThat(child.output().readLine()).isEqualTo("got it");
            assertThat(child.output().readLine()).isEqualTo("status 7");
        }
    }

    @Test
    void signals_at_any_moment_do_no_harm() throws Exception {
        try (Detached child = Detached.start(
                        "busybox",
                        "sh",
                        "-c",
                        "n=0; trap 'n=1' USR1; echo ready; while [ $n = 0 ]; do :; done;"
                                + " trap 'echo bye; exit 3' TERM; echo again; while :; do :; done");
                Detached sender = Detached.start(
                        "busybox",
                        "sh",
                        "-c",
                        "while :; do kill -USR1 " + child.process().pid() + "; done")) {
            assertThat(child.output().readLine()).isEqualTo("ready");
            assertThat(child.output().readLine()).isEqualTo("again");
            for (int i = 0; i < 50; i++) {
                assertThat(getpid(child))
                        .isEqualTo(new CallResult.Value(child.process().pid()));
            }
            sender.process().signal(Signal.KILL);
            child.process().signal(Signal.TERM);
            assertThat(child.output().readLine()).isEqualTo("bye");
        }
    }

    @Test
    void a_stopped_process_stays_stopped() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "60")) {
            child.process().signal(Signal.STOP);
            await().until(() -> child.state() == 'T');
            assertThat(getpid(child))
                    .isEqualTo(new CallResult.Value(child.process().pid()));
            await().until(() -> child.state() == 'T');
            child.process().signal(Signal.CONT);
            await().until(() -> child.state() == 'S');
        }
    }

    @Test
    void a_process_stopped_meanwhile_is_stopped_afterwards() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "60")) {
            RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                child.process().signal(Signal.STOP);
                return remote.call(SYS_GETPID);
            });
            await().until(() -> child.state() == 'T');
            child.process().signal(Signal.CONT);
            await().until(() -> child.state() == 'S');
        }
    }

    @Test
    void a_process_that_dies_meanwhile_is_an_error_and_no_hang() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "60")) {
            assertThatThrownBy(() -> RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                        child.process().signal(Signal.KILL);
                        remote.call(SYS_GETPID);
                        return remote.call(SYS_GETPID);
                    }))
                    .isInstanceOf(HypervisorException.class);
            assertThat(child.process().awaitExit(TIMEOUT)).isTrue();
            assertThatThrownBy(() -> getpid(child)).isInstanceOf(HypervisorException.class);
        }
    }

    @Test
    void a_session_that_fails_leaves_the_process_running() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "3")) {
            assertThatThrownBy(() -> RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                        remote.call(SYS_GETPID);
                        throw new HypervisorException("mine");
                    }))
                    .hasMessage("mine");
            assertThatThrownBy(() -> RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                        throw new IllegalArgumentException("a mistake");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(child.output().readLine()).isEqualTo("status 0");
        }
    }

    @Test
    void restores_the_bytes_below_the_stack() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "60");
                Arena arena = Arena.ofShared()) {
            MemorySegment junk = arena.allocate(RemoteSyscalls.SCRATCH_BYTES);
            junk.fill((byte) 0xa5);
            MemorySegment before = arena.allocate(RemoteSyscalls.SCRATCH_BYTES);
            MemorySegment meanwhile = arena.allocate(RemoteSyscalls.SCRATCH_BYTES);
            MemorySegment after = arena.allocate(RemoteSyscalls.SCRATCH_BYTES);
            int pid = (int) child.process().pid();
            // Before that its stack may not be as deep yet as what is read from it.
            await("the child's sleep")
                    .until(() -> Files.readString(Path.of("/proc/" + pid + "/syscall"))
                            .startsWith(SYS_CLOCK_NANOSLEEP + " "));
            long address = RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                Libc.readProcess(pid, remote.scratchAddress(), before).orThrow("Could not read");
                remote.writeScratch(junk);
                remote.call(SYS_GETPID);
                Libc.readProcess(pid, remote.scratchAddress(), meanwhile).orThrow("Could not read");
                return remote.scratchAddress();
            });
            Libc.readProcess(pid, address, after).orThrow("Could not read");
            assertThat(meanwhile.mismatch(junk)).isEqualTo(-1);
            assertThat(after.mismatch(before)).isEqualTo(-1);
        }
    }

    @Test
    void says_why_it_may_not_trace() throws Exception {
        try (Detached child = Detached.start("busybox", "sleep", "60")) {
            String message = RemoteSyscalls.run(child.process(), TIMEOUT, remote -> {
                try {
                    getpid(child);
                    return "traced twice";
                } catch (HypervisorException e) {
                    return String.valueOf(e.getMessage());
                }
            });
            assertThat(message)
                    .contains("May not trace process " + child.process().pid())
                    .contains("traced already");
        }
    }

    @Test
    void refuses_a_direct_child() throws Exception {
        Process child = new ProcessBuilder("busybox", "sleep", "60").start();
        try {
            assertThatThrownBy(() -> RemoteSyscalls.run(
                            LinuxProcess.find(child.pid()).orElseThrow(), TIMEOUT, remote -> remote.call(SYS_GETPID)))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("direct child");
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static CallResult getpid(Detached child) throws HypervisorException {
        return RemoteSyscalls.run(child.process(), TIMEOUT, remote -> remote.call(SYS_GETPID));
    }
}
