package io.godwit.benchmarks.qemu;

import io.godwit.chaos.lab.LabException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// One conversation with a QEMU over its control socket, as an operator's tool would have it: a command, then its
/// answer. Not safe for use by several threads; events are noted by a thread of its own the moment they come.
final class QmpSession implements AutoCloseable {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(20);
    private static final int LINE_BYTES_MAX = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.shared();
    /// Stands for the end of the conversation.
    private static final JsonNode END = JsonNodeFactory.instance.objectNode();

    private final Path socket;
    private final SocketChannel channel;
    private final LinkedBlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

    /// @param atNs  `System.nanoTime` when it came
    record Event(String name, JsonNode data, long atNs) {}

    private QmpSession(Path socket, SocketChannel channel) {
        this.socket = socket;
        this.channel = channel;
    }

    /// Waits until the socket is there, and agrees on capabilities.
    static QmpSession connect(Path socket, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                try {
                    channel.connect(UnixDomainSocketAddress.of(socket));
                } catch (IOException e) {
                    channel.close();
                    throw e;
                }
                QmpSession session = new QmpSession(socket, channel);
                Thread.ofPlatform().daemon().name("qmp-" + socket).start(session::read);
                session.next();
                session.execute("qmp_capabilities", Map.of());
                return session;
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw new LabException("QEMU does not answer on " + socket, e);
                }
                pause();
            }
        }
    }

    /// @throws LabException if QEMU refused, is gone, or did not answer within 20 s
    JsonNode execute(String command, Map<String, ?> arguments) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("execute", command);
        if (!arguments.isEmpty()) {
            message.put("arguments", arguments);
        }
        ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new LabException("Command could not be sent to QEMU: " + command + " on " + socket, e);
        }
        JsonNode answer = next();
        if (answer.has("error")) {
            throw new LabException("QEMU refused " + command + ": "
                    + answer.path("error").path("desc").asString(""));
        }
        return answer.path("return");
    }

    /// The next event, or null if none comes in time.
    @Nullable
    Event event(Duration timeout) {
        try {
            return events.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while waiting for QEMU", e);
        }
    }

    private JsonNode next() {
        try {
            JsonNode answer = answers.poll(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (answer == null) {
                throw new LabException("QEMU does not answer in time on " + socket);
            }
            if (answer.equals(END)) {
                throw new LabException("QEMU has ended the conversation on " + socket);
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while waiting for QEMU", e);
        }
    }

    private void read() {
        ByteBuffer buffer = ByteBuffer.allocate(LINE_BYTES_MAX);
        try {
            while (channel.read(buffer) >= 0) {
                long nowNs = System.nanoTime();
                takeLines(buffer, nowNs);
                if (!buffer.hasRemaining()) {
                    throw new IOException("QEMU sent a line longer than " + LINE_BYTES_MAX + " bytes");
                }
            }
        } catch (IOException | RuntimeException e) {
            // Closed by us, or by QEMU's end: whoever waits for an answer is told below.
            answers.add(END);
            return;
        }
        answers.add(END);
    }

    /// Leaves in the buffer what is no whole line yet.
    private void takeLines(ByteBuffer buffer, long nowNs) {
        int lineStart = 0;
        for (int i = 0; i < buffer.position(); i++) {
            if (buffer.get(i) == '\n') {
                byte[] line = new byte[i - lineStart];
                buffer.get(lineStart, line);
                take(new String(line, StandardCharsets.UTF_8), nowNs);
                lineStart = i + 1;
            }
        }
        buffer.limit(buffer.position()).position(lineStart);
        buffer.compact();
    }

    private void take(String line, long nowNs) {
        if (line.isBlank()) {
            return;
        }
        JsonNode message = JSON.readTree(line);
        if (message.has("event")) {
            events.add(new Event(message.path("event").asString(""), message.path("data"), nowNs));
        } else {
            answers.add(message);
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while waiting for QEMU", e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("The conversation with QEMU cannot be closed: " + socket, e);
        }
    }
}
