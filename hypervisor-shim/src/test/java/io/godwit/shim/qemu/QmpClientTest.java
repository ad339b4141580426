package io.godwit.shim.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The QMP client against a server that does what no QEMU should.
@Timeout(30)
class QmpClientTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n";
    private static final String AGREED = "{\"return\": {}, \"id\": 1}\n";

    @TempDir
    private Path directory;

    private Path socket;
    private ServerSocketChannel server;
    private final BlockingQueue<SocketChannel> accepted = new LinkedBlockingQueue<>();
    private final BlockingQueue<QmpEvent> events = new LinkedBlockingQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    private final QmpListener listener = new QmpListener() {
        @Override
        public void event(QmpEvent event) {
            events.add(event);
        }

        @Override
        public void closed() {
            closed.countDown();
        }
    };

    @BeforeEach
    void listen() throws IOException {
        socket = directory.resolve("q");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        for (SocketChannel channel : accepted) {
            channel.close();
        }
    }

    @Test
    void answers_go_to_whoever_asked_in_any_order() throws Exception {
        serve(GREETING, AGREED);
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            CompletableFuture<String> one = answer(client, "one");
            CompletableFuture<String> two = answer(client, "two");
            SocketChannel channel = accepted.take();
            LineReader lines = new LineReader(channel, 1 << 16);
            JsonNode first = Json.read(String.valueOf(lines.next()));
            JsonNode second = Json.read(String.valueOf(lines.next()));
            for (JsonNode command : List.of(second, first)) {
                write(channel, Json.line(Map.of("id", command.path("id"), "return", command.path("execute"))) + "\n");
            }
            assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo("one");
            assertThat(two.get(10, TimeUnit.SECONDS)).isEqualTo("two");
            channel.close();
        }
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_refusal_carries_the_reason_and_the_class() throws Exception {
        serve(GREETING, AGREED, "{\"id\": 2, \"error\": {\"class\": \"GenericError\", \"desc\": \"No such thing\"}}\n");
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            assertThatThrownBy(() -> client.execute("take", Map.of("thing", 1), LONG))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessage("QEMU refused take: No such thing (GenericError)");
        }
    }

    @Test
    void events_reach_the_listener_before_its_end() throws Exception {
        serve(GREETING, "{\"event\": \"STOP\"}\n" + AGREED);
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            assertThat(events.poll(10, TimeUnit.SECONDS))
                    .isNotNull()
                    .matches(event -> event.name().equals("STOP"));
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void no_answer_is_a_failure_in_time_and_a_late_one_harms_nobody() throws Exception {
        serve(GREETING, AGREED);
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            assertThatThrownBy(() -> client.execute("sleep", Map.of(), SHORT))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageStartingWith("Waited in vain for QEMU's answer to sleep");
            SocketChannel channel = accepted.take();
            write(channel, "{\"return\": {}, \"id\": 2}\n");
            CompletableFuture<String> next = answer(client, "next");
            LineReader lines = new LineReader(channel, 1 << 16);
            assertThat(lines.next()).contains("sleep");
            assertThat(lines.next()).contains("next");
            write(channel, "{\"return\": \"awake\", \"id\": 3}\n");
            assertThat(next.get(10, TimeUnit.SECONDS)).isEqualTo("awake");
            channel.close();
        }
    }

    @Test
    void no_greeting_is_a_failure_in_time() throws Exception {
        serve("");
        assertThatThrownBy(() -> QmpClient.connect(socket, SHORT, listener))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("QEMU's greeting");
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void another_servers_greeting_is_refused() throws Exception {
        serve("{\"SSH\": 2}\n");
        assertThatThrownBy(() -> QmpClient.connect(socket, LONG, listener)).hasMessageContaining("no QMP greeting");
    }

    @Test
    void what_is_no_json_ends_the_connection() throws Exception {
        serve(GREETING, AGREED, "{{{\n");
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            assertThatThrownBy(() -> client.execute("any", Map.of(), LONG)).hasMessageContaining("broke");
            assertThat(client.isOpen()).isFalse();
            assertThatThrownBy(() -> client.execute("any", Map.of(), LONG)).hasMessageContaining("is closed");
        }
    }

    @Test
    void a_line_without_end_is_cut_off_at_the_limit() throws Exception {
        serve(GREETING, AGREED);
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            SocketChannel channel = accepted.take();
            String part = "x".repeat(1 << 20);
            assertThatThrownBy(() -> {
                        for (int i = 0; i <= QmpClient.LINE_BYTES_MAX >> 20; i++) {
                            write(channel, part);
                        }
                        client.execute("any", Map.of(), LONG);
                    })
                    .isInstanceOf(IOException.class);
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
            channel.close();
        }
    }

    @Test
    void the_end_of_the_connection_fails_what_is_under_way() throws Exception {
        serve(GREETING, AGREED);
        try (QmpClient client = QmpClient.connect(socket, LONG, listener)) {
            accepted.take().close();
            assertThatThrownBy(() -> client.execute("any", Map.of(), LONG)).isInstanceOf(HypervisorException.class);
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void no_server_is_a_failure() throws Exception {
        server.close();
        Files.delete(socket);
        assertThatThrownBy(() -> QmpClient.connect(socket, LONG, listener))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining(socket.toString());
    }

    /// Accepts one client, greets it with the first line, and sends one more each time it has read a command.
    private void serve(String greeting, String... answers) {
        Thread.ofVirtual().start(() -> {
            try {
                SocketChannel channel = server.accept();
                write(channel, greeting);
                LineReader lines = new LineReader(channel, 1 << 16);
                for (String answer : answers) {
                    if (lines.next() != null) {
                        write(channel, answer);
                    }
                }
                accepted.add(channel);
            } catch (IOException e) {
                events.add(new QmpEvent("server failed: " + e, Json.MAPPER.missingNode()));
            }
        });
    }

    private static CompletableFuture<String> answer(QmpClient client, String command) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return client.execute(command, Map.of(), LONG).asString();
                    } catch (HypervisorException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                task -> Thread.ofVirtual().start(task));
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
