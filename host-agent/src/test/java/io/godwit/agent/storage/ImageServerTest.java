package io.godwit.agent.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.config.AgentConfig;
import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import io.godwit.shim.StorageDaemonSettings;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.qemu.QemuStorageDaemon;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageServerTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final UUID CAUSE = new UUID(0, 1);
    private static final UUID OTHER_CAUSE = new UUID(0, 2);

    @TempDir
    Path directory = Path.of("");

    private Path images;
    private Path image;
    private Path credentials;
    private StorageDaemonSettings settings;
    private volatile long daemonPid;
    private ImageServer server;

    @BeforeEach
    void start() throws Exception {
        images = Files.createDirectories(directory.resolve("images"));
        image = empty(images.resolve("web1.img"));
        credentials = issue("tls");
        try (ServerSocket free = new ServerSocket(0)) {
            settings = new StorageDaemonSettings(
                    StorageDaemonSettings.BINARY,
                    directory.resolve("run"),
                    "127.0.0.1",
                    free.getLocalPort(),
                    credentials,
                    Duration.ofSeconds(10));
        }
        server = serve();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        killDaemon();
    }

    @Test
    void aWriterThatSleptThroughTheTakeoverGetsErrorsOnItsFirstWrite() throws Exception {
        try (NbdWriter old = writer(activate(1, CAUSE))) {
            assertThat(old.write(1)).startsWith("wrote");
            LinuxProcess process = LinuxProcess.find(old.pid()).orElseThrow();
            process.signal(LinuxProcess.Signal.STOP);

            try (NbdWriter next = writer(activate(2, OTHER_CAUSE))) {
                assertThat(next.write(2)).startsWith("wrote");
                old.begin(9);
                process.signal(LinuxProcess.Signal.CONT);

                assertThat(old.result()).contains("Input/output error");
                assertThat(old.write(9)).contains("Input/output error");
                assertThat(firstByte()).isEqualTo(2);
            }
        }
    }

    @Test
    void aTargetOpensTheImageBesideTheOwnerAndHasItAloneOnceItIsActivated() throws Exception {
        try (NbdWriter source = writer(activate(1, CAUSE))) {
            String prepared = ask(() -> server.prepare(grant(2, OTHER_CAUSE), formats()));
            try (NbdWriter target = writer(prepared)) {
                assertThat(source.write(1)).startsWith("wrote");

                assertThat(activate(2, OTHER_CAUSE)).isEqualTo(prepared);

                assertThat(target.write(2)).startsWith("wrote");
                assertThat(source.write(9)).contains("Input/output error");
            }
        }
        assertThat(firstByte()).isEqualTo(2);
    }

    @Test
    void anEpochThatWasOutrunIsNeverGrantedAgainThoughEverythingCrashes() throws Exception {
        activate(3, CAUSE);
        server.close();
        killDaemon();
        server = serve();

        assertThatThrownBy(() -> server.activate(grant(2, CAUSE), formats()))
                .isInstanceOfSatisfying(
                        ImageStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining("epoch 3");
        assertThatThrownBy(() -> server.prepare(grant(3, OTHER_CAUSE), formats()))
                .isInstanceOf(ImageStoreException.class);
    }

    @Test
    void aDaemonThatDiesComesBackWithWhatWasActiveAndWritersGoOn() throws Exception {
        String prepared;
        try (NbdWriter owner = writer(activate(1, CAUSE), 15)) {
            prepared = ask(() -> server.prepare(grant(2, OTHER_CAUSE), formats()));
            assertThat(owner.write(1)).startsWith("wrote");

            killDaemon();

            assertThat(owner.write(5)).startsWith("wrote");
        }
        assertThat(firstByte()).isEqualTo(5);
        try (NbdWriter target = writer(prepared)) {
            assertThat(target.write(9)).doesNotStartWith("wrote");
        }
    }

    @Test
    void anAgentThatRestartsAdoptsTheDaemonAndNobodyNotices() throws Exception {
        try (NbdWriter owner = writer(activate(1, CAUSE))) {
            long before = daemonPid;
            server.close();
            assertThat(owner.write(3)).startsWith("wrote");
            server = serve();

            assertThat(daemonPid).isEqualTo(before);
            assertThat(owner.write(4)).startsWith("wrote");
            activate(2, CAUSE);
            assertThat(owner.write(9)).contains("Input/output error");
        }
    }

    @Test
    void withdrawnImagesAreNotHeldOpen() throws Exception {
        activate(1, CAUSE);
        assertThat(resize()).isNotZero();
        server.withdraw(grant(1, CAUSE), formats());
        await().atMost(LONG).until(() -> resize() == 0);
    }

    @Test
    void withoutACertificateOfTheClusterNobodyWrites() throws Exception {
        String export = activate(1, CAUSE);
        try (NbdWriter plain = new NbdWriter(settings.port(), export, null, "h1", 0);
                NbdWriter stranger = new NbdWriter(settings.port(), export, issue("other"), "h1", 0);
                NbdWriter misled = new NbdWriter(settings.port(), export, credentials, "h2", 0)) {
            assertThat(plain.write(9)).doesNotStartWith("wrote");
            assertThat(stranger.write(9)).doesNotStartWith("wrote");
            assertThat(misled.write(9)).doesNotStartWith("wrote");
        }
        assertThat(firstByte()).isZero();
    }

    @Test
    void onlyWhatStandsBelowAServedDirectoryIsServed() throws Exception {
        Path outside = empty(directory.resolve("secret.img"));
        Files.createSymbolicLink(images.resolve("link.img"), outside);
        for (String path : List.of(
                outside.toString(),
                images.resolve("link.img").toString(),
                images + "/../secret.img",
                images.resolve("none.img").toString())) {
            assertThatThrownBy(() ->
                            server.activate(new ImageGrant("web1", 1, CAUSE, Set.of(path)), Map.of(path, Format.RAW)))
                    .as(path)
                    .isInstanceOf(ImageStoreException.class);
        }
    }

    @Test
    void aMarkThatCannotBeReadKeepsTheServerFromStarting() throws Exception {
        activate(1, CAUSE);
        server.close();
        try (Stream<Path> marks = Files.list(directory.resolve("state"))) {
            for (Path mark : marks.toList()) {
                Files.writeString(mark, "{");
            }
        }

        assertThatThrownBy(this::serve).isInstanceOf(IOException.class).hasMessageContaining("cannot be read");
    }

    private interface Asking {
        Map<String, String> ask() throws ImageStoreException, InterruptedException;
    }

    /// The daemon may still be on its way up.
    private String ask(Asking asking) {
        return await().atMost(LONG)
                .ignoreExceptionsMatching(
                        e -> e instanceof ImageStoreException refused && refused.kind() == Kind.UNAVAILABLE)
                .until(() -> asking.ask().get(image.toString()), name -> true);
    }

    private String activate(long epoch, UUID cause) {
        return ask(() -> server.activate(grant(epoch, cause), formats()));
    }

    private ImageGrant grant(long epoch, UUID cause) {
        return new ImageGrant("web1", epoch, cause, Set.of(image.toString()));
    }

    private Map<String, Format> formats() {
        return Map.of(image.toString(), Format.RAW);
    }

    private NbdWriter writer(String export) throws IOException {
        return writer(export, 1);
    }

    private NbdWriter writer(String export, int reconnectSeconds) throws IOException {
        return new NbdWriter(settings.port(), export, credentials, "h1", reconnectSeconds);
    }

    private ImageServer serve() throws IOException {
        return ImageServer.start(
                List.of(images), settings.port(), directory.resolve("state"), this::open, Duration.ofSeconds(10));
    }

    private StorageDaemon open() throws HypervisorException {
        StorageDaemon daemon = QemuStorageDaemon.open(settings);
        daemonPid = daemon.pid();
        return daemon;
    }

    private void killDaemon() throws Exception {
        LinuxProcess process = LinuxProcess.find(daemonPid).orElse(null);
        if (process != null) {
            process.signal(LinuxProcess.Signal.KILL);
            assertThat(process.awaitExit(LONG)).isTrue();
        }
    }

    /// A certificate of an authority of its own, in a directory as QEMU wants it.
    private Path issue(String name) throws IOException {
        Path place = directory.resolve(name);
        CertificateAuthority authority = new CertificateAuthority(place, Instant.now(), new SecureRandom());
        authority.init();
        authority.issue("h1", List.of());
        return NbdCredentials.in(
                directory.resolve(name + "-links"),
                new AgentConfig.TlsFiles(place.resolve("ca.crt"), place.resolve("h1.crt"), place.resolve("h1.key")));
    }

    private static Path empty(Path file) throws IOException {
        try (RandomAccessFile created = new RandomAccessFile(file.toFile(), "rw")) {
            created.setLength(1 << 20);
        }
        return file;
    }

    private int firstByte() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "r")) {
            return file.read();
        }
    }

    private int resize() throws IOException, InterruptedException {
        return new ProcessBuilder("qemu-img", "resize", "-f", "raw", image.toString(), "2M")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
