package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class ConsoleRelayTest {
    @TempDir
    Path directory = Path.of("");

    @Test
    void theEscapeCharacterEndsItAndIsNotSent() throws Exception {
        try (ServerSocketChannel listener = listen();
                SocketChannel console = connect();
                SocketChannel guest = listener.accept()) {
            PipedOutputStream keys = new PipedOutputStream();
            PipedInputStream input = new PipedInputStream(keys);
            CompletableFuture<String> typed = CompletableFuture.supplyAsync(() -> read(guest, 3));
            keys.write("ls\n\u001dnever".getBytes(StandardCharsets.US_ASCII));
            keys.flush();

            new ConsoleRelay(console, input, new ByteArrayOutputStream()).run();

            assertThat(typed.join()).isEqualTo("ls\n");
            console.shutdownOutput();
            assertThat(guest.read(ByteBuffer.allocate(8))).isEqualTo(-1);
        }
    }

    @Test
    void aPipesInputIsAnsweredBeforeItEnds() throws Exception {
        try (ServerSocketChannel listener = listen();
                SocketChannel console = connect();
                SocketChannel guest = listener.accept()) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            CompletableFuture<Void> answering = CompletableFuture.runAsync(() -> {
                assertThat(read(guest, 4)).isEqualTo("date");
                write(guest, "Saturday");
            });

            new ConsoleRelay(console, new ByteArrayInputStream("date".getBytes(StandardCharsets.US_ASCII)), output)
                    .run();

            answering.join();
            assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("Saturday");
        }
    }

    @Test
    void itEndsWithTheGuest() throws Exception {
        try (ServerSocketChannel listener = listen();
                SocketChannel console = connect();
                SocketChannel guest = listener.accept()) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            write(guest, "Power down.");
            guest.shutdownOutput();

            new ConsoleRelay(console, new PipedInputStream(new PipedOutputStream()), output).run();

            assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("Power down.");
        }
    }

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(directory.resolve("console.sock")));
        return listener;
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("console.sock")));
    }

    private static String read(SocketChannel channel, int count) {
        try {
            return new String(Channels.newInputStream(channel).readNBytes(count), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void write(SocketChannel channel, String text) {
        try {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
