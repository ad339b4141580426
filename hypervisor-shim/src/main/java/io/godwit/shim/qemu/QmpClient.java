package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One connection to a QEMU's control socket. Safe for use by several threads; commands may overlap.
///
/// QEMU serves one client at a time on a socket: a second one connects, and waits for a greeting until the first
/// goes away.
final class QmpClient implements AutoCloseable {
    /// Far above the longest answer in use, the list of CPU models of about 50 KiB.
    static final int LINE_BYTES_MAX = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(QmpClient.class);

    private final Path socket;
    private final SocketChannel channel;
    private final QmpListener listener;
    private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
    private final Map<Long, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong(1);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ReentrantLock writing = new ReentrantLock();

    private QmpClient(Path socket, SocketChannel channel, QmpListener listener) {
        this.socket = socket;
        this.channel = channel;
        this.listener = listener;
    }

    /// Connects and agrees on capabilities. On failure nothing stays open; the listener hears of the end either way.
    static QmpClient connect(Path socket, Duration timeout, QmpListener listener) throws HypervisorException {
        SocketChannel channel;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        } catch (IOException e) {
            throw new HypervisorException("Could not open a Unix socket", e);
        }
        QmpClient client = new QmpClient(socket, channel, listener);
        // A platform thread wakes straight out of its read; a virtual one takes detours that a switchover feels.
        Thread.ofPlatform().daemon().name("godwit-qmp-" + socket).start(client::run);
        try {
            Waiting.on(client.greeting, timeout, "QEMU's greeting on " + socket + " (is another agent connected?)");
            client.execute("qmp_capabilities", Map.of(), timeout);
            return client;
        } catch (HypervisorException e) {
            client.close();
            throw e;
        }
    }

    /// Sends a command and waits for its answer.
    ///
    /// @return what QEMU returned, often an empty object
    /// @throws HypervisorException if QEMU refused (with its reason), did not answer in time, or is gone. Only in
    ///         the first case is it certain that the command had no effect
    JsonNode execute(String command, Map<String, ?> arguments, Duration timeout) throws HypervisorException {
        long id = nextId.getAndIncrement();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        pending.put(id, answer);
        try {
            if (ended.get()) {
                throw new HypervisorException("The connection to QEMU is closed: " + socket);
            }
            send(id, command, arguments);
            JsonNode message = Waiting.on(answer, timeout, "QEMU's answer to " + command + " on " + socket);
            JsonNode error = message.path("error");
            if (!error.isMissingNode()) {
                throw new HypervisorException("QEMU refused " + command + ": "
                        + error.path("desc").asString("no reason given") + " ("
                        + error.path("class").asString("no class") + ")");
            }
            return message.path("return");
        } finally {
            pending.remove(id);
        }
    }

    boolean isOpen() {
        return !ended.get();
    }

    @Override
    public void close() {
        end(null);
    }

    private void send(long id, String command, Map<String, ?> arguments) throws HypervisorException {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("execute", command);
        message.put("id", id);
        if (!arguments.isEmpty()) {
            message.put("arguments", arguments);
        }
        String line = Json.line(message);
        LOG.trace("{} <- {}", socket, line);
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        writing.lock();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            end(e);
            throw new HypervisorException("Could not send " + command + " to QEMU on " + socket, e);
        } finally {
            writing.unlock();
        }
    }

    private void run() {
        try {
            // Connecting blocks while QEMU's queue of clients is full, so it belongs on this thread.
            channel.connect(UnixDomainSocketAddress.of(socket));
            LineReader lines = new LineReader(channel, LINE_BYTES_MAX);
            String line = lines.next();
            while (line != null) {
                LOG.trace("{} -> {}", socket, line);
                dispatch(Json.read(line));
                line = lines.next();
            }
            end(null);
        } catch (IOException | RuntimeException e) {
            end(e);
        }
    }

    private void dispatch(JsonNode message) throws IOException {
        if (!greeting.isDone()) {
            if (message.path("QMP").isMissingNode()) {
                throw new IOException("The first line is no QMP greeting");
            }
            greeting.complete(message);
        } else if (message.path("event").isString()) {
            listener.event(new QmpEvent(message.path("event").asString(), message.path("data")));
        } else {
            CompletableFuture<JsonNode> answer = message.path("id").isIntegralNumber()
                    ? pending.get(message.path("id").asLong())
                    : null;
            if (answer == null) {
                LOG.warn("QEMU answered what nobody waits for any more: {}", message);
            } else {
                answer.complete(message);
            }
        }
    }

    private void end(@Nullable Exception cause) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("Could not close the connection to QEMU on {}", socket, e);
        }
        HypervisorException failure = cause == null
                ? new HypervisorException("The connection to QEMU was closed: " + socket)
                : new HypervisorException("The connection to QEMU broke: " + socket + ": " + cause.getMessage(), cause);
        greeting.completeExceptionally(failure);
        pending.values().forEach(answer -> answer.completeExceptionally(failure));
        listener.closed();
    }
}
