package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Pings a guest every 50 ms with the system's own `ping`. An answer's time is when `ping` tells of it.
final class PingListener implements Runnable {
    private static final String INTERVAL_S = "0.05";
    private static final long RETRY_MS = 500;

    private final String guest;
    private final String address;
    private final Consumer<Event> events;

    PingListener(String guest, String address, Consumer<Event> events) {
        this.guest = guest;
        this.address = address;
        this.events = events;
    }

    @Override
    public void run() {
        try {
            while (true) {
                listen();
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen() {
        Process ping = null;
        try {
            ping = new ProcessBuilder("ping", "-n", "-i", INTERVAL_S, address)
                    .redirectErrorStream(true)
                    .start();
            Process started = ping;
            Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly, "ping-end"));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(ping.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(" bytes from ")) {
                    events.accept(new Event.Answered(System.nanoTime(), guest));
                }
            }
        } catch (IOException e) {
            // ping has ended: the caller starts another.
        } finally {
            if (ping != null) {
                ping.destroyForcibly();
            }
        }
    }
}
