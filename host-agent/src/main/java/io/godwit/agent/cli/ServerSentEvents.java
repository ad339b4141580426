package io.godwit.agent.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A stream of server-sent events, read by a thread of its own so that whoever waits for one can stop waiting.
final class ServerSentEvents implements AutoCloseable {
    private static final int LINE_CHARS_MAX = 4 << 20;
    private static final int QUEUE_MAX = 1_024;

    /// @param name  `message` where the stream gives none; empty at the end of the stream
    record Event(String name, String data) {
        boolean isEnd() {
            return name.isEmpty();
        }
    }

    private final HttpExchange exchange;
    private final BlockingQueue<Event> queue = new ArrayBlockingQueue<>(QUEUE_MAX);

    ServerSentEvents(HttpExchange exchange) {
        this.exchange = exchange;
        Thread.ofVirtual().name("events").start(this::read);
    }

    /// @return null if none came in time; an event that [Event#isEnd] once the stream has ended, however it did
    @Nullable
    Event next(long timeoutMs) throws InterruptedException {
        return queue.poll(timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        exchange.close();
        // The reader may wait for room.
        queue.clear();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(exchange.body(), StandardCharsets.UTF_8))) {
            String name = "message";
            StringBuilder data = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (data.length() + line.length() > LINE_CHARS_MAX) {
                    break;
                }
                if (line.isEmpty()) {
                    if (!data.isEmpty()) {
                        queue.put(new Event(name, data.toString()));
                    }
                    name = "message";
                    data.setLength(0);
                } else if (line.startsWith("event:")) {
                    name = line.substring(6).strip();
                } else if (line.startsWith("data:")) {
                    data.append(data.isEmpty() ? "" : "\n")
                            .append(line.substring(5).strip());
                }
            }
        } catch (IOException _) {
            // The end event below tells; why the stream ended is found out by asking the agent again.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private void end() {
        try {
            queue.put(new Event("", ""));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
