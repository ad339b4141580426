package io.godwit.agent.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Asks a program of the host.
@FunctionalInterface
interface Command {
    int OUTPUT_BYTES_MAX = 64 << 10;
    int TIMEOUT_S = 10;

    /// @return what it printed; empty if there is no such program, it failed or it took too long
    Optional<String> output(List<String> command) throws InterruptedException;

    Command SYSTEM = command -> {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .start();
            // Whoever hangs is killed, and the read below then ends.
            Thread watchdog = Thread.ofVirtual().start(() -> killLate(process));
            try (InputStream output = process.getInputStream()) {
                String text = new String(output.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8);
                return process.waitFor() == 0 ? Optional.of(text.strip()) : Optional.empty();
            } finally {
                watchdog.interrupt();
                process.destroyForcibly();
            }
        } catch (IOException _) {
            return Optional.empty();
        }
    };

    private static void killLate(Process process) {
        try {
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            // The program ended in time.
            Thread.currentThread().interrupt();
        }
    }
}
