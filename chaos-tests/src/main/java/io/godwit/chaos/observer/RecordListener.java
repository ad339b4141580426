package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.workload.GuestServices;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Listens to a guest's disk writer. A connection on which nothing comes is given up, for a guest that died with
/// its host says no farewell; the next one is told everything from the guest's boot on again.
final class RecordListener implements Runnable {
    private static final int SILENCE_MS_MAX = 3_000;
    private static final int CONNECT_MS_MAX = 1_000;
    private static final long RETRY_MS = 200;

    private final String guest;
    private final InetSocketAddress address;
    private final Consumer<Event> events;
    private String lastRun = "";
    private long lastNumber = -1;

    RecordListener(String guest, String address, Consumer<Event> events) {
        this.guest = guest;
        this.address = new InetSocketAddress(address, GuestServices.DISK_PORT);
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
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MS_MAX);
            socket.setSoTimeout(SILENCE_MS_MAX);
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                hear(line);
            }
        } catch (IOException | NumberFormatException e) {
            // The guest is down, or away, or the line was cut short by the connection's end: the caller asks again.
        }
    }

    private void hear(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 3) {
            return;
        }
        long number = Long.parseLong(words[0]);
        // The same run tells the same again; another one, with a number that was there before, is news indeed.
        if (!words[2].equals(lastRun) || number > lastNumber) {
            events.accept(new Event.Acknowledged(
                    System.nanoTime(), guest, number, Integer.parseUnsignedInt(words[1], 16), words[2]));
            lastRun = words[2];
            lastNumber = number;
        }
    }
}
