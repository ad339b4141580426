package io.godwit.chaos.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Runs a program of the machine to its end.
public final class Command {
    /// More output than this is cut off: nothing the lab runs has that much to say.
    private static final int OUTPUT_BYTES_MAX = 8 << 20;

    private Command() {}

    /// @param exitCode  128 + 9 if it had to be killed at its deadline
    public record Result(List<String> command, int exitCode, String stdout, String stderr) {
        public Result {
            command = List.copyOf(command);
        }

        public boolean succeeded() {
            return exitCode == 0;
        }

        /// This result, if the program succeeded.
        ///
        /// @throws LabException with all the program said, if it did not
        public Result orThrow() {
            if (exitCode != 0) {
                throw new LabException("Command failed with status " + exitCode + ": " + String.join(" ", command)
                        + "\n" + stderr + stdout);
            }
            return this;
        }
    }

    /// Runs a program that must succeed within 20 s.
    public static Result must(String... command) {
        return run(Arrays.asList(command), Duration.ofSeconds(20)).orThrow();
    }

    public static Result run(List<String> command, Duration timeout) {
        return run(new ProcessBuilder(command), timeout);
    }

    public static Result run(ProcessBuilder builder, Duration timeout) {
        Process process;
        try {
            process = builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .start();
        } catch (IOException e) {
            throw new LabException("Program cannot be started: " + String.join(" ", builder.command()), e);
        }
        CompletableFuture<String> stdout = drain(process.getInputStream());
        CompletableFuture<String> stderr = drain(process.getErrorStream());
        boolean ended = false;
        try {
            ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while waiting for " + String.join(" ", builder.command()), e);
        } finally {
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
        int exitCode = ended ? process.exitValue() : 128 + 9;
        return new Result(builder.command(), exitCode, stdout.join(), stderr.join());
    }

    private static CompletableFuture<String> drain(InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual().name("command-output").start(() -> {
            try (stream) {
                text.complete(new String(stream.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The stream of a killed program: what it said no longer matters.
                text.complete("");
            }
        });
        return text;
    }
}
