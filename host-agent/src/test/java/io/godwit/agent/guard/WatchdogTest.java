package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file stands in for the device, which no test may arm: it would reset the machine.
class WatchdogTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory = Path.of("");

    @AfterEach
    void endTheGuard() throws Exception {
        place().kill();
    }

    @Test
    void isPettedAndDisarmedBeforeAnOrderlyEnd() throws Exception {
        Files.createFile(device());
        try (Watchdog watchdog = Watchdog.open(device().toString())) {
            watchdog.pet();
            watchdog.pet();
            watchdog.disarm();
        }
        assertThat(Files.readString(device())).isEqualTo("\0\0V");
    }

    @Test
    void oneThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> Watchdog.open(device().toString()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("There is no watchdog: " + device());
        assertThat(Watchdog.obstacle(device())).isPresent();
    }

    @Test
    void aGuardKeepsItQuietForAsLongAsItWorksAndNoLonger() throws Exception {
        Files.createFile(device());
        LinuxProcess guard;
        try (GuardLink link = new GuardLink(place(), _ -> {})) {
            link.open();
            await().atMost(PATIENCE).until(() -> Files.size(device()) >= 2);
            guard = place().guard().orElseThrow();
            guard.signal(Signal.STOP);
        }
        long frozenAt = Files.size(device());
        await().pollDelay(Duration.ofSeconds(2)).until(() -> Files.size(device()) == frozenAt);
        guard.signal(Signal.CONT);
        await().atMost(PATIENCE).until(() -> Files.size(device()) > frozenAt);
        // Neither guests nor an agent: it ends in order.
        await().atMost(PATIENCE).until(() -> place().guard().isEmpty());
        byte[] written = Files.readAllBytes(device());
        assertThat(written[written.length - 1]).isEqualTo((byte) 'V');
        assertThat(Arrays.copyOf(written, written.length - 1)).containsOnly(0);
    }

    private Path device() {
        return directory.resolve("watchdog");
    }

    private GuardPlace place() {
        return new GuardPlace(directory.resolve("guard"), device().toString());
    }
}
