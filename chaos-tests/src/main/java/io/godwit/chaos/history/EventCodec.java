package io.godwit.chaos.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// An event as one line of JSON.
public final class EventCodec {
    private static final JsonMapper JSON = JsonMapper.shared();

    private EventCodec() {}

    public static String line(Event event) {
        return JSON.writeValueAsString(event);
    }

    /// @throws IOException if it is no event
    public static Event event(String line) throws IOException {
        try {
            return JSON.readValue(line, Event.class);
        } catch (JacksonException e) {
            throw new IOException("This line of a history is no event: " + line, e);
        }
    }

    /// Reads a whole history.
    public static List<Event> read(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            List<Event> events = new java.util.ArrayList<>();
            for (String line : (Iterable<String>) lines::iterator) {
                events.add(event(line));
            }
            return events;
        }
    }
}
