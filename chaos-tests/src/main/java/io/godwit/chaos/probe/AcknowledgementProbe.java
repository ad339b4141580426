package io.godwit.chaos.probe;

import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.workload.GuestServices;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Listens to the guest's disk writer and keeps every acknowledgement, from the first of the guest's boot on. A
/// connection that breaks is made anew: the writer tells everything again.
public final class AcknowledgementProbe implements AutoCloseable {
    private static final int ACKNOWLEDGEMENTS_MAX = 10_000_000;
    private static final long RETRY_MS = 200;

    private final Namespace from;
    private final String address;
    private final List<Acknowledgement> acknowledged = new ArrayList<>();
    private final Thread reader;
    private volatile NamespaceConnection connection;
    private volatile boolean closing;

    private AcknowledgementProbe(Namespace from, String address) {
        this.from = from;
        this.address = address;
        this.connection = NamespaceConnection.open(from, address, GuestServices.DISK_PORT);
        this.reader = Thread.ofVirtual().name("acknowledgements").unstarted(this::listen);
    }

    public static AcknowledgementProbe start(Namespace from, String address) {
        AcknowledgementProbe probe = new AcknowledgementProbe(from, address);
        probe.reader.start();
        return probe;
    }

    /// All so far, in the order of their numbers.
    public List<Acknowledgement> acknowledged() {
        synchronized (acknowledged) {
            return List.copyOf(acknowledged);
        }
    }

    private void listen() {
        try {
            while (!closing) {
                readAll();
                if (!closing) {
                    Thread.sleep(RETRY_MS);
                    connection = NamespaceConnection.open(from, address, GuestServices.DISK_PORT);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readAll() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(connection.input(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", -1);
                if (words.length == 3) {
                    add(new Acknowledgement(Long.parseLong(words[0]), Integer.parseUnsignedInt(words[1], 16)));
                }
            }
        } catch (IOException | NumberFormatException e) {
            // A line cut short by the end of the connection. The next connection tells it again.
            connection.close();
        }
    }

    private void add(Acknowledgement one) {
        synchronized (acknowledged) {
            boolean news = acknowledged.isEmpty()
                    || one.number() > acknowledged.getLast().number();
            if (news && acknowledged.size() < ACKNOWLEDGEMENTS_MAX) {
                acknowledged.add(one);
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        reader.interrupt();
        connection.close();
    }
}
