package io.godwit.shim.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon.Image;
import io.godwit.shim.StorageDaemonSettings;
import io.godwit.shim.linux.LinuxProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the fence needs of a real `qemu-storage-daemon`, with writers that are real NBD clients.
class StorageDaemonTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int IMAGE_BYTES = 32 << 20;

    private Path directory;
    private StorageDaemonSettings settings;
    private QemuStorageDaemon daemon;
    private Image image;

    @BeforeEach
    void startADaemon() throws IOException {
        directory = Files.createTempDirectory("gwsd");
        try (ServerSocket free = new ServerSocket(0)) {
            settings = new StorageDaemonSettings(
                    StorageDaemonSettings.BINARY,
                    directory.resolve("run"),
                    "127.0.0.1",
                    free.getLocalPort(),
                    null,
                    Duration.ofSeconds(10));
        }
        Path file = directory.resolve("disk.img");
        try (RandomAccessFile created = new RandomAccessFile(file.toFile(), "rw")) {
            created.setLength(IMAGE_BYTES);
        }
        image = new Image("a1", file, Format.RAW);
        daemon = QemuStorageDaemon.open(settings);
    }

    @AfterEach
    void removeEverything() throws IOException {
        daemon.close();
        var process = QemuProcess.find(settings.pidFile(), "--pidfile");
        if (process.isPresent()) {
            QemuProcess.kill(process.get(), LONG);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void a_removed_export_fails_its_writer_and_leaves_the_other_alone() throws Exception {
        daemon.add(image, "old");
        daemon.add(image, "new");
        try (Writer old = new Writer("old", 0);
                Writer fresh = new Writer("new", 0)) {
            assertThat(old.write(1, 0, 4096)).startsWith("wrote");

            daemon.remove("old").join();

            assertThat(old.write(2, 0, 4096)).contains("Input/output error");
            assertThat(fresh.write(3, 4096, 4096)).startsWith("wrote");
            assertThat(daemon.exports()).isEqualTo(Map.of("new", "a1"));
        }
        assertThat(byteAt(0)).isEqualTo(1);
        assertThat(byteAt(4096)).isEqualTo(3);
    }

    @Test
    void a_removal_is_over_only_when_the_request_under_way_has_reached_the_image() throws Exception {
        daemon.add(image, "fast");
        daemon.execute(
                "object-add", Map.of("qom-type", "throttle-group", "id", "g", "limits", Map.of("bps-write", 2 << 20)));
        daemon.execute(
                "blockdev-add",
                Map.of("driver", "throttle", "node-name", "n-slow", "throttle-group", "g", "file", "n-a1"));
        daemon.execute(
                "block-export-add",
                Map.of("type", "nbd", "id", "slow", "name", "slow", "node-name", "n-slow", "writable", true));
        try (Writer writer = new Writer("slow", 0)) {
            // The first one fills the bucket, the second one waits in the daemon for seconds.
            assertThat(writer.write(1, 0, 6 << 20)).startsWith("wrote");
            writer.begin(7, 16 << 20, 4096);
            await().atMost(LONG)
                    .until(() -> daemon.execute("query-block-exports", Map.of()).size() == 2);
            assertThat(byteAt(16 << 20)).isZero();

            CompletableFuture<Void> removal = daemon.remove("slow");
            assertThat(removal).isNotDone();
            assertThat(daemon.exports()).containsKey("slow");

            removal.join();
            assertThat(byteAt(16 << 20))
                    .as("written before the removal was over")
                    .isEqualTo(7);
            assertThat(writer.result()).contains("Input/output error");
        }
    }

    @Test
    void a_writer_waits_for_a_daemon_that_is_restarted() throws Exception {
        daemon.add(image, "x");
        try (Writer writer = new Writer("x", 15)) {
            assertThat(writer.write(1, 0, 4096)).startsWith("wrote");
            LinuxProcess process = LinuxProcess.find(daemon.pid()).orElseThrow();
            QemuProcess.kill(process, LONG);
            daemon.lost().join();
            writer.begin(2, 0, 4096);

            daemon = QemuStorageDaemon.open(settings);
            assertThat(daemon.exports()).isEmpty();
            daemon.add(image, "x");

            assertThat(writer.result()).startsWith("wrote");
        }
        assertThat(byteAt(0)).isEqualTo(2);
    }

    @Test
    void the_daemon_outlives_its_holder_and_is_adopted_with_its_exports() throws Exception {
        daemon.add(image, "x");
        long pid = daemon.pid();
        daemon.close();

        daemon = QemuStorageDaemon.open(settings);

        assertThat(daemon.pid()).isEqualTo(pid);
        assertThat(daemon.exports()).isEqualTo(Map.of("x", "a1"));
    }

    @Test
    void an_image_is_locked_until_it_is_released() throws Exception {
        daemon.add(image, "x");
        assertThat(run("qemu-img", "resize", "-f", "raw", image.path().toString(), "64M"))
                .isNotZero();

        daemon.remove("x").join();
        daemon.release(image);
        daemon.release(image);

        assertThat(run("qemu-img", "resize", "-f", "raw", image.path().toString(), "64M"))
                .isZero();
    }

    @Test
    void a_qcow2_image_is_written_as_what_it_holds() throws Exception {
        Path file = directory.resolve("disk.qcow2");
        assertThat(run("qemu-img", "create", "-f", "qcow2", file.toString(), "32M"))
                .isZero();
        Image qcow2 = new Image("b2", file, Format.QCOW2);
        daemon.add(qcow2, "q");
        try (Writer writer = new Writer("q", 0)) {
            assertThat(writer.write(5, 0, 1 << 20)).startsWith("wrote");
        }
        daemon.remove("q").join();
        daemon.release(qcow2);

        assertThat(run("qemu-io", "-r", "-f", "qcow2", "-c", "read -P 5 0 1M", file.toString()))
                .isZero();
    }

    @Test
    void an_image_that_cannot_be_opened_leaves_nothing_open() throws Exception {
        Image wrong = new Image("c3", image.path(), Format.QCOW2);

        assertThatThrownBy(() -> daemon.add(wrong, "x"))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("qcow2");

        assertThat(daemon.exports()).isEmpty();
        daemon.add(image, "x");
    }

    private int byteAt(long offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.path().toFile(), "r")) {
            file.seek(offset);
            return file.read();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /// An NBD client that is told what to write.
    private final class Writer implements AutoCloseable {
        private final Process process;
        private final BufferedReader answers;

        Writer(String export, int reconnectSeconds) throws IOException {
            process = new ProcessBuilder(List.of(
                            "qemu-io",
                            "--image-opts",
                            "driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=" + settings.port()
                                    + ",export=" + export + ",reconnect-delay=" + reconnectSeconds))
                    .redirectErrorStream(true)
                    .start();
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        void begin(int pattern, long offset, int bytes) throws IOException {
            process.getOutputStream()
                    .write("write -P %d %d %d\n"
                            .formatted(pattern, offset, bytes)
                            .getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }

        /// The first line said about the request begun last.
        String result() throws IOException {
            String line = answers.readLine();
            while (line != null) {
                String said = line.replace("qemu-io> ", "");
                if (said.startsWith("wrote") || said.contains("rror")) {
                    return said;
                }
                line = answers.readLine();
            }
            return "the writer has ended";
        }

        String write(int pattern, long offset, int bytes) throws IOException {
            begin(pattern, offset, bytes);
            return result();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
