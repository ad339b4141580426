package io.godwit.chaos.history;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The history of a run: in memory, to be judged, and in a file, to be read when the judgement is bad. Any
/// thread may add to it.
public final class History implements AutoCloseable {
    /// Two hours of the largest lab. What comes after it would only fill memory, and makes the run fail.
    private static final int EVENTS_MAX = 8_000_000;

    private final List<Event> events = new ArrayList<>();
    private final BufferedWriter file;

    /// @param path of the file; replaced
    public History(Path path) throws IOException {
        this.file = Files.newBufferedWriter(path);
    }

    /// @throws IllegalStateException if there are too many already
    public void add(Event event) {
        String line = EventCodec.line(event);
        synchronized (this) {
            if (events.size() >= EVENTS_MAX) {
                throw new IllegalStateException("The history is full: " + EVENTS_MAX + " events");
            }
            events.add(event);
            try {
                file.write(line);
                file.newLine();
            } catch (IOException e) {
                throw new UncheckedIOException("The history cannot be written", e);
            }
        }
    }

    /// All so far, as they came in; times may differ from that order by the time it takes to tell.
    public synchronized List<Event> events() {
        return List.copyOf(events);
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
