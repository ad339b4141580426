package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.history.EventCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// The process that stands in the client's namespace and tells what it sees there, an event a line, until its
/// standard input ends: pings, acknowledged disk records, owner records.
public final class ClientObserver {
    private ClientObserver() {}

    /// @param arguments ZooKeeper's servers, then `NAME=ADDRESS` for each guest
    public static void main(String... arguments) throws IOException {
        Map<String, String> guests = new LinkedHashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] words = arguments[i].split("=", 2);
            guests.put(words[0], words[1]);
        }
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        Consumer<Event> events = event -> tell(out, event);
        guests.forEach((guest, address) -> {
            Thread.ofVirtual().name("records-" + guest).start(new RecordListener(guest, address, events));
            Thread.ofPlatform().daemon().name("pings-" + guest).start(new PingListener(guest, address, events));
        });
        Thread.ofPlatform().daemon().name("owners").start(new OwnerListener(arguments[0], guests.keySet(), events));
        // Ends with whoever started it, whatever became of that.
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        System.exit(0);
    }

    private static void tell(PrintStream out, Event event) {
        String line = EventCodec.line(event);
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }
}
