package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.history.EventCodec;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Runs a [ClientObserver] in the client's namespace of a lab and passes on what it tells.
public final class ClientWatch implements AutoCloseable {
    private final Process process;

    private ClientWatch(Process process) {
        this.process = process;
    }

    /// @param log where its complaints go
    public static ClientWatch start(Lab lab, List<GuestFile> guests, Consumer<Event> events, Path log) {
        Path jars = lab.settings().repository().resolve("chaos-tests/target/godwit/lib");
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                jars + "/*",
                ClientObserver.class.getName(),
                lab.zookeeper().connectString()));
        guests.forEach(guest -> java.add(guest.name() + "=" + guest.address()));
        try {
            Process process = new ProcessBuilder(lab.network().client().wrap(java.toArray(String[]::new)))
                    .redirectError(log.toFile())
                    .start();
            Thread.ofPlatform().daemon().name("client-watch").start(() -> relay(process, events));
            return new ClientWatch(process);
        } catch (IOException e) {
            throw new LabException("The observer in the client's namespace cannot be started", e);
        }
    }

    private static void relay(Process process, Consumer<Event> events) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // Loggers may speak up on the same stream.
                if (line.startsWith("{")) {
                    events.accept(EventCodec.event(line));
                }
            }
        } catch (IOException e) {
            // The observer was ended in the middle of a line.
            process.destroyForcibly();
        }
    }

    public boolean alive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
