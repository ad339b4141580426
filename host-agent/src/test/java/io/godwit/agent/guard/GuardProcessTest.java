package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.linux.LinuxClock;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real guard, as a process, with processes in the place of guests and of the agent.
class GuardProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LOOK = Duration.ofMillis(5);
    /// Far more than the guard takes, for a machine that does other things as well; the figures are printed.
    private static final long LATE_US_MAX = 300_000;
    private static final Pattern LATE = Pattern.compile("(STOP|KILL), (-?\\d+) us after its deadline");

    @TempDir
    Path directory = Path.of("");

    @AfterEach
    void endTheGuard() throws Exception {
        place().kill();
    }

    @Test
    void aFrozenAgentsGuestsArePausedAtTheDeadlineAndKilledAtTheNext() throws Exception {
        try (Sleeper guest = Sleeper.start()) {
            Process agent = feedingAgent(guest, 800, 700);
            try {
                LinuxProcess frozen = LinuxProcess.find(agent.pid()).orElseThrow();
                awaitFed(guest);
                assertThat(guest.runs()).isTrue();
                frozen.signal(Signal.STOP);
                await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
                assertThat(guest.child().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
                assertThat(lateUs("STOP")).isBetween(0L, LATE_US_MAX);
                assertThat(lateUs("KILL")).isBetween(0L, LATE_US_MAX);
            } finally {
                agent.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void aKilledAgentsGuestsArePausedAndAnAgentThatComesBackLetsThemGoOn() throws Exception {
        try (Sleeper guest = Sleeper.start()) {
            Process agent = feedingAgent(guest, 800, 30_000);
            awaitFed(guest);
            LinuxProcess guard = place().guard().orElseThrow();
            agent.destroyForcibly().waitFor();
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
            Process again = feedingAgent(guest, 800, 30_000);
            try {
                await().atMost(PATIENCE).pollInterval(LOOK).until(guest::runs);
                assertThat(place().guard()).contains(guard);
            } finally {
                again.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void aProcessThatHasTakenAGuestsNumberIsNeverSignalled() throws Exception {
        try (Sleeper guest = Sleeper.start();
                Sleeper other = Sleeper.start();
                GuardLink link = new GuardLink(place(), _ -> {})) {
            link.open();
            await().atMost(PATIENCE).until(link::up);
            LinuxProcess earlier =
                    new LinuxProcess(other.process().pid(), other.process().startTimeTicks() - 1);
            long now = LinuxClock.bootTimeNs();
            long feed = link.feed(now, now, List.of(new GuardedProcess("old", earlier), guest.guarded("web1")));
            assertThat(link.awaitAck(feed, PATIENCE.toNanos())).isTrue();
            assertThat(guest.child().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(other.runs()).isTrue();
        }
    }

    @Test
    void aGuardThatDiesOrFreezesIsReplacedAndFedAgain() throws Exception {
        try (Sleeper guest = Sleeper.start();
                GuardLink link = new GuardLink(place(), _ -> {})) {
            link.open();
            await().atMost(PATIENCE).until(link::up);
            for (Signal fault : List.of(Signal.KILL, Signal.STOP)) {
                LinuxProcess before = place().guard().orElseThrow();
                // As a guard that died in the middle would leave it.
                guest.signal(Signal.STOP);
                before.signal(fault);
                await().atMost(PATIENCE).pollInterval(LOOK).until(() -> {
                    long now = LinuxClock.bootTimeNs();
                    long fed = link.feed(now + PATIENCE.toNanos(), Long.MAX_VALUE, List.of(guest.guarded("web1")));
                    return fed > 0
                            && place().guard().filter(g -> !g.equals(before)).isPresent();
                });
                assertThat(before.isAlive()).isFalse();
                await().atMost(PATIENCE).pollInterval(LOOK).until(guest::runs);
            }
            assertThat(link.starts()).isEqualTo(3);
        }
    }

    @Test
    void aSecondGuardGivesUp() throws Exception {
        try (GuardLink link = new GuardLink(place(), _ -> {})) {
            link.open();
            await().atMost(PATIENCE).until(link::up);
            Process second = place().start();
            assertThat(second.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isNotZero();
            assertThat(link.up()).isTrue();
        }
    }

    private GuardPlace place() {
        return new GuardPlace(directory.resolve("guard"));
    }

    private Process feedingAgent(Sleeper guest, long leaseMs, long graceMs) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FeedingAgent.class.getName(),
                        directory.resolve("guard").toString(),
                        Long.toString(leaseMs),
                        Long.toString(graceMs),
                        Long.toString(guest.process().pid()),
                        Long.toString(guest.process().startTimeTicks()))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("agent.log").toFile())
                .start();
    }

    /// The guard's first order to a guest it does not know is to go on.
    private void awaitFed(Sleeper guest) {
        await().atMost(PATIENCE)
                .until(() -> Files.exists(place().log())
                        && Files.readString(place().log())
                                .contains("process " + guest.process().pid() + ": CONT"));
    }

    private long lateUs(String signal) throws Exception {
        Matcher matcher = LATE.matcher(Files.readString(place().log()));
        while (matcher.find()) {
            if (matcher.group(1).equals(signal)) {
                System.out.println("Guard: " + matcher.group());
                return Long.parseLong(matcher.group(2));
            }
        }
        throw new AssertionError("The guard has not said when it sent " + signal);
    }
}
