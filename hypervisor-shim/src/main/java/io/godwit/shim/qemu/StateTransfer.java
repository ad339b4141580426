package io.godwit.shim.qemu;

import io.godwit.shim.DeviceState;
import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Makes QEMU save and load its device state: QEMU's own migration, told to leave shared RAM alone, over a Unix
/// socket to this process.
///
/// At most one transfer at a time.
final class StateTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(StateTransfer.class);
    private static final int FIRST_BUFFER_BYTES = 1 << 20;

    private final GuestFolder folder;
    private final Duration timeout;
    private volatile CompletableFuture<String> outcome = new CompletableFuture<>();

    StateTransfer(GuestFolder folder, Duration timeout) {
        this.folder = folder;
        this.timeout = timeout;
    }

    /// Prepares a QEMU to save or load. Done once, long before a switchover.
    static void prepare(QmpLink link) throws HypervisorException {
        link.execute(
                "migrate-set-capabilities",
                Map.of(
                        "capabilities",
                        List.of(
                                capability("events"),
                                capability("x-ignore-shared"),
                                capability("late-block-activate"))));
        // Nothing may hold the state back: no cap on speed, nor a wait for a better moment. And a target must not
        // announce itself when the state is loaded, for then it is not yet decided where the guest runs.
        link.execute(
                "migrate-set-parameters",
                Map.of("max-bandwidth", 1L << 40, "downtime-limit", 60_000, "announce-rounds", 0));
    }

    /// Makes a QEMU that was started to wait listen for its state.
    static void listen(QmpLink link, GuestFolder folder) throws HypervisorException {
        link.execute("migrate-incoming", Map.of("uri", "unix:" + folder.loadSocket()));
    }

    /// Hears QEMU's events; the link's reader calls it.
    void event(QmpEvent event) {
        if (event.name().equals("MIGRATION")) {
            String status = event.data().path("status").asString("");
            if (status.equals("completed") || status.equals("failed") || status.equals("cancelled")) {
                outcome.complete(status);
            }
        }
    }

    /// The link is lost: whatever is under way has failed.
    void lost() {
        outcome.completeExceptionally(new HypervisorException("The connection to the guest's QEMU was lost"));
    }

    /// The state of a paused guest. On failure QEMU has given up the attempt.
    DeviceState save(QmpLink link) throws HypervisorException {
        outcome = new CompletableFuture<>();
        Path socket = folder.saveSocket();
        try (ServerSocketChannel server = listenOn(socket)) {
            CompletableFuture<byte[]> bytes = receive(server);
            try {
                link.execute("migrate", Map.of("uri", "unix:" + socket));
                String status = Waiting.on(outcome, timeout, "QEMU to save its device state");
                if (!status.equals("completed")) {
                    throw new HypervisorException("QEMU could not save its device state: " + status + reason(link));
                }
                return new DeviceState(Waiting.on(bytes, timeout, "the end of the device state"));
            } catch (HypervisorException e) {
                giveUp(link, e);
                throw e;
            }
        } catch (HypervisorException e) {
            throw e;
        } catch (IOException e) {
            throw new HypervisorException("Could not receive the device state on " + socket, e);
        } finally {
            deleteQuietly(socket);
        }
    }

    /// Gives a waiting QEMU its state; returns when it has it all. A QEMU that cannot use it ends.
    void load(QmpLink link, DeviceState state) throws HypervisorException {
        outcome = new CompletableFuture<>();
        CompletableFuture<String> awaited = outcome;
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.loadSocket()));
            SocketChannel connected = channel;
            // On a thread of its own: QEMU may stop reading, and the wait has a limit, but a write has none.
            stateThread().start(() -> write(connected, state, awaited));
            String status = Waiting.on(awaited, timeout, "QEMU to load its device state");
            if (!status.equals("completed")) {
                throw new HypervisorException("QEMU could not load the device state: " + status);
            }
        } catch (HypervisorException e) {
            // A QEMU that fails to load ends by itself, after it has written why.
            QemuProcess.awaitEnd(link.process(), Duration.ofSeconds(1));
            throw new HypervisorException(
                    e.getMessage() + "; QEMU's log: " + GuestFolder.tail(folder.log(), 2 << 10), e);
        } catch (IOException e) {
            throw new HypervisorException("Could not send the device state to QEMU", e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static void write(SocketChannel channel, DeviceState state, CompletableFuture<String> outcome) {
        ByteBuffer bytes = ByteBuffer.wrap(state.bytes());
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            // QEMU must not wait for more than there is.
            channel.shutdownOutput();
        } catch (IOException e) {
            outcome.completeExceptionally(
                    new HypervisorException("QEMU did not take the whole device state: " + e.getMessage(), e));
        }
    }

    private CompletableFuture<byte[]> receive(ServerSocketChannel server) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        stateThread().start(() -> {
            try (SocketChannel channel = server.accept()) {
                result.complete(readAll(channel));
            } catch (IOException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /// A platform thread, for the guest stands still until it wakes.
    private Thread.Builder stateThread() {
        return Thread.ofPlatform().daemon().name("godwit-state-" + folder.guest());
    }

    private static byte[] readAll(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(FIRST_BUFFER_BYTES);
        while (channel.read(buffer) >= 0) {
            if (!buffer.hasRemaining()) {
                if (buffer.capacity() >= DeviceState.BYTES_MAX) {
                    throw new IOException("The device state is larger than " + DeviceState.BYTES_MAX + " bytes");
                }
                int larger = Math.min(2 * buffer.capacity(), DeviceState.BYTES_MAX);
                buffer = ByteBuffer.allocate(larger).put(buffer.flip());
            }
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private void giveUp(QmpLink link, HypervisorException failure) {
        try {
            link.execute("migrate_cancel");
            // Until it has ended, a resumed guest could be stopped again by the end of the attempt.
            Waiting.on(outcome, timeout, "QEMU to give up saving its device state");
        } catch (HypervisorException e) {
            failure.addSuppressed(e);
            LOG.warn("Guest {}: could not cancel the saving of its device state", folder.guest(), e);
        }
    }

    private static String reason(QmpLink link) throws HypervisorException {
        JsonNode why = link.execute("query-migrate").path("error-desc");
        return why.isString() ? ": " + why.asString() : "";
    }

    private static ServerSocketChannel listenOn(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return server.bind(UnixDomainSocketAddress.of(socket), 1);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static Map<String, Object> capability(String name) {
        return Map.of("capability", name, "state", true);
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("Could not remove {}", file, e);
        }
    }

    private static void closeQuietly(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("Could not close the device state's connection", e);
        }
    }
}
