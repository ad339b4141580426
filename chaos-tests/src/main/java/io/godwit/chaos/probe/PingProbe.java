package io.godwit.chaos.probe;

import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Pings an address every 10 ms with the system's own `ping`, from inside a namespace, until it is stopped.
public final class PingProbe implements AutoCloseable {
    static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final String INTERVAL_S = Double.toString(INTERVAL_NS / 1e9);
    /// An hour of pings at 100 bytes a line.
    private static final int OUTPUT_BYTES_MAX = 36 << 20;

    private final Process process;
    private final CompletableFuture<String> output = new CompletableFuture<>();

    private PingProbe(Process process) {
        this.process = process;
        Thread.ofVirtual().name("ping-output").start(() -> {
            try (InputStream stream = process.getInputStream()) {
                output.complete(new String(stream.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.US_ASCII));
            } catch (IOException e) {
                output.completeExceptionally(e);
            }
        });
    }

    /// Begins at once.
    public static PingProbe start(Namespace from, String address) {
        try {
            return new PingProbe(new ProcessBuilder(from.wrap("ping", "-n", "-D", "-i", INTERVAL_S, address))
                    .redirectErrorStream(true)
                    .start());
        } catch (IOException e) {
            throw new LabException("ping cannot be started", e);
        }
    }

    /// Ends the series and tells what was seen of it.
    public PingLog stop() {
        return PingLog.parse(end());
    }

    /// Ends the series.
    ///
    /// @return what `ping` printed, for [PingLog], [PingSeries] and [RoundTrips]
    public String end() {
        // An interrupt makes ping print its summary, which is where the number of lost ones comes from.
        Command.must("kill", "-INT", Long.toString(process.pid()));
        try {
            return output.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while ping was ending", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new LabException("ping did not end", e);
        } finally {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
