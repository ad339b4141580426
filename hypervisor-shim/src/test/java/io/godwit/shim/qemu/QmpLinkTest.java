package io.godwit.shim.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A lost connection is made again as long as the process lives, and its end is told once it does not.
@Timeout(60)
class QmpLinkTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    private GuestFolder folder;
    private ServerSocketChannel server;
    private Process sleeper;
    private final BlockingQueue<SocketChannel> clients = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    private final QmpLink.Watcher watcher = new QmpLink.Watcher() {
        @Override
        public void event(QmpEvent event) {
            heard.add(event.name());
        }

        @Override
        public void lost() {
            heard.add("lost");
        }

        @Override
        public void reconnected(QmpLink link) {
            heard.add("reconnected");
        }

        @Override
        public void ended() {
            heard.add("ended");
        }
    };

    @BeforeEach
    void listen() throws IOException {
        folder = GuestFolder.of(directory, "g");
        Files.createDirectory(folder.path());
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(folder.qmpSocket()));
        sleeper = new ProcessBuilder("sleep", "60").start();
        Thread.ofVirtual().start(this::greetEveryone);
    }

    @AfterEach
    void stop() throws IOException {
        sleeper.destroyForcibly();
        server.close();
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    @Test
    void comes_back_while_the_process_lives_and_tells_its_end() throws Exception {
        LinuxProcess process = LinuxProcess.find(sleeper.pid()).orElseThrow();
        try (QmpLink link = QmpLink.open(folder, process, LONG, watcher)) {
            clients.take().close();
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("lost");
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("reconnected");
            assertThat(link.execute("query-status").asString()).isEqualTo("again");

            process.signal(LinuxProcess.Signal.KILL);
            clients.take().close();
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("lost");
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("ended");
        }
    }

    @Test
    void a_link_that_was_closed_tells_nothing_more() throws Exception {
        LinuxProcess process = LinuxProcess.find(sleeper.pid()).orElseThrow();
        QmpLink link = QmpLink.open(folder, process, LONG, watcher);
        SocketChannel client = clients.take();
        link.close();
        assertThat(heard.poll(300, TimeUnit.MILLISECONDS)).isNull();
        client.close();
    }

    /// Answers `qmp_capabilities`, and one command after it.
    private void greetEveryone() {
        try {
            while (true) {
                SocketChannel client = server.accept();
                write(client, "{\"QMP\": {}}\n");
                LineReader lines = new LineReader(client, 1 << 16);
                if (lines.next() != null) {
                    write(client, "{\"return\": {}, \"id\": 1}\n");
                }
                Thread.ofVirtual().start(() -> answerOnce(client, lines));
                clients.add(client);
            }
        } catch (IOException e) {
            heard.add("server stopped");
        }
    }

    private void answerOnce(SocketChannel client, LineReader lines) {
        try {
            if (lines.next() != null) {
                write(client, "{\"return\": \"again\", \"id\": 2}\n");
            }
        } catch (IOException e) {
            // The test has closed this end.
            assertThat(client.isOpen()).isFalse();
        }
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
