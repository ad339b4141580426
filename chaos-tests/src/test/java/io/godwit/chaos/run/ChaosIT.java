package io.godwit.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A short run of `./chaos` with a fixed seed. The history stays in `target/chaos` for whoever has to find out what
/// went wrong.
final class ChaosIT {
    private static final long SEED = 10;

    @Test
    void guestsOutliveFaultsAndLoseNothing() throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of("target/chaos")).toAbsolutePath();
        ChaosSettings settings = ChaosSettings.standard("itchaos", Duration.ofSeconds(20), SEED)
                .withGuests(2)
                // The machine is shared with other tests, and emulated guests boot slowly then.
                .withSettle(Duration.ofSeconds(150))
                .withFolder(folder);
        Outcome outcome = ChaosRun.run(settings, System.out);
        assertThat(outcome.findings().values())
                .as("%s; history and logs: %s", outcome.findings(), folder)
                .allMatch(java.util.List::isEmpty);
        assertThat(outcome.held()).isTrue();
        assertThat(outcome.faults()).isGreaterThanOrEqualTo(6);
        assertThat(outcome.kinds()).isGreaterThanOrEqualTo(6);
        assertThat(outcome.acknowledged()).isGreaterThan(50);
        assertThat(outcome.migrations()).isNotEmpty();
        assertThat(outcome.looks()).isGreaterThan(1000);
    }
}
