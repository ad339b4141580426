package io.godwit.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.certs.CertificateFiles;
import io.godwit.agent.certs.ClusterSecret;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfig.Accelerator;
import io.godwit.agent.doctor.Finding.Level;
import io.godwit.agent.zookeeper.RecordSettings;
import io.godwit.agent.zookeeper.ServerSettings;
import io.godwit.agent.zookeeper.ZooKeeperServer;
import io.godwit.storage.Claims;
import io.godwit.storage.Ownership;
import io.godwit.storage.RecordsCheck;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    @TempDir
    Path root = Path.of("");

    /// A host on which all is well.
    @BeforeEach
    void layOut() throws IOException {
        write("proc/self/status", "Name:\tjava\nCapEff:\t000001ffffffffff\n");
        write("proc/sys/vm/unprivileged_userfaultfd", "0\n");
        write("proc/cpuinfo", "processor : 0\nflags : fpu vmx sse\n");
        write("boot/config-6.12.1", """
                CONFIG_USERFAULTFD=y
                CONFIG_PTE_MARKER_UFFD_WP=y
                CONFIG_PROC_PAGE_MONITOR=y
                """);
        write("dev/kvm", "");
        write("dev/net/tun", "");
        write("sys/class/net/br0/flags", "0x1003\n");
        Files.createDirectories(root.resolve("sys/class/net/br0/bridge"));
        write("sys/class/net/eth0/flags", "0x1003\n");
        write("sys/class/net/br9/flags", "0x1002\n");
        Files.createDirectories(root.resolve("sys/class/net/br9/bridge"));
    }

    @ParameterizedTest
    @CsvSource({
        "6.7.0, OK",
        "6.12.41+deb13-amd64, OK",
        "10.0.1, OK",
        "6.6.99, FAIL",
        "5.10.0-30-amd64, FAIL",
        "odd, WARN"
    })
    void theKernelMustHavePagemapScan(String release, Level level) {
        assertThat(new HostChecks(root, release).kernel().level()).isEqualTo(level);
    }

    @Test
    void pageTrackingIsReadFromTheKernelsConfiguration() throws IOException {
        assertThat(host().userfaultfd().level()).isEqualTo(Level.OK);
        write("proc/sys/kernel/yama/ptrace_scope", "3\n");
        assertThat(host().userfaultfd().detail()).contains("ptrace_scope is 3");
        write("proc/sys/kernel/yama/ptrace_scope", "1\n");
        write("boot/config-6.12.1", "CONFIG_USERFAULTFD=y\n");
        assertThat(host().userfaultfd().detail()).contains("without CONFIG_PTE_MARKER_UFFD_WP");
        Files.delete(root.resolve("boot/config-6.12.1"));
        assertThat(host().userfaultfd().level()).isEqualTo(Level.WARN);
        Files.delete(root.resolve("proc/sys/vm/unprivileged_userfaultfd"));
        assertThat(host().userfaultfd().level()).isEqualTo(Level.FAIL);
    }

    @Test
    void namesThePrivilegesThatAreMissing() throws IOException {
        assertThat(host().privileges().level()).isEqualTo(Level.OK);
        write("proc/self/status", "CapEff:\t0000000000001000\n");
        assertThat(host().privileges().detail()).isEqualTo("missing: CAP_NET_RAW, CAP_SYS_PTRACE, CAP_SYS_ADMIN");
    }

    @Test
    void kvmCountsOnlyWithTheFlagOfTheCpu() throws IOException {
        assertThat(host().accelerator(Accelerator.AUTO).detail()).isEqualTo("KVM");
        write("proc/cpuinfo", "flags : fpu sse\n");
        assertThat(host().accelerator(Accelerator.AUTO).level()).isEqualTo(Level.WARN);
        assertThat(host().accelerator(Accelerator.KVM).level()).isEqualTo(Level.FAIL);
        assertThat(host().accelerator(Accelerator.TCG).level()).isEqualTo(Level.OK);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg) | OK   | QEMU 7.2.22
            QEMU emulator version 10.0.2 (Debian)            | OK   | QEMU 10.0.2
            QEMU emulator version 5.2.0 (Debian)             | WARN | QEMU 5.2.0 is older
                                                             | FAIL | is not there
            """)
    void qemuMustBeThereAndNotTooOld(@Nullable String output, Level level, String detail) throws Exception {
        Finding finding = HostChecks.qemu(_ -> Optional.ofNullable(output));
        assertThat(finding.level()).isEqualTo(level);
        assertThat(finding.detail()).contains(detail);
    }

    @ParameterizedTest
    @CsvSource({
        "yes, , OK",
        "no, , WARN",
        ", Leap status     : Normal, OK",
        ", Leap status     : Not synchronised, WARN",
        ", , WARN"
    })
    void theClockIsAskedOfWhatIsThere(@Nullable String systemd, @Nullable String chrony, Level level) throws Exception {
        Command command = asked -> Optional.ofNullable(asked.getFirst().equals("timedatectl") ? systemd : chrony);
        assertThat(ClockCheck.check(command).level()).isEqualTo(level);
    }

    @ParameterizedTest
    @CsvSource({"br0, OK, br0", "none, FAIL, there is no interface none", "eth0, FAIL, no bridge", "br9, FAIL, is down"
    })
    void theBridgeMustBeOneAndUp(String bridge, Level level, String detail) throws Exception {
        Finding finding = new NetworkChecks(config(bridge, null, root, LOOPBACK + ":1"), root).bridge();
        assertThat(finding.level()).isEqualTo(level);
        assertThat(finding.detail()).contains(detail);
    }

    @Test
    void aPortInUseByAnotherProgramIsFound() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            AgentConfig config = config("br0", null, root, LOOPBACK + ":1", taken.getLocalPort());
            assertThat(new NetworkChecks(config, root).ports())
                    .extracting(Finding::level)
                    .containsExactly(Level.FAIL, Level.OK);
        }
    }

    @Test
    void ramBelongsInMemoryAndImagesOnSharedStorage() throws Exception {
        Path disk = Files.createDirectory(root.resolve("images"));
        PlaceChecks onDisk = new PlaceChecks(config("br0", null, disk, LOOPBACK + ":1"));
        String type = Files.getFileStore(disk).type();
        if (type.equals("tmpfs")) {
            assertThat(onDisk.ramDirectory().level()).isNotEqualTo(Level.FAIL);
        } else {
            assertThat(onDisk.ramDirectory().detail()).contains("guests' RAM must be memory");
        }
        assertThat(onDisk.imageDirectories())
                .extracting(Finding::detail)
                .containsExactly(disk + " is on " + type + ", which looks local to this host");
        PlaceChecks inMemory = new PlaceChecks(config("br0", null, Path.of("/dev/shm"), LOOPBACK + ":1"));
        assertThat(inMemory.ramDirectory().detail()).startsWith("/dev/shm, tmpfs of ");
    }

    @Test
    void certificatesAreCheckedForNameKeyAndLife() throws Exception {
        CertificateAuthority authority = new CertificateAuthority(root.resolve("ca"), NOW, new SecureRandom());
        CertificateFiles ca = authority.init();
        CertificateFiles own = authority.issue("host1", List.of());
        CertificateFiles other = authority.issue("host2", List.of());
        AgentConfig good = withTls(ca.certificate(), own.certificate(), own.key());

        assertThat(CertificateChecks.check(good, NOW))
                .extracting(Finding::level)
                .containsExactly(Level.OK, Level.OK);
        assertThat(CertificateChecks.check(good, NOW).getFirst().detail()).contains("valid for 825 days");
        assertThat(CertificateChecks.check(good, NOW.plus(Duration.ofDays(800)))
                        .getFirst()
                        .level())
                .isEqualTo(Level.WARN);
        assertThat(CertificateChecks.check(good, NOW.plus(Duration.ofDays(826)))
                        .getFirst()
                        .detail())
                .contains("expired on");
        assertThat(details(withTls(ca.certificate(), other.certificate(), other.key())))
                .contains("is for [host2], not for host1");
        assertThat(details(withTls(ca.certificate(), own.certificate(), other.key())))
                .contains("is not the key of");
        assertThat(details(withTls(own.certificate(), other.certificate(), other.key())))
                .contains("is not signed by");
        Files.setPosixFilePermissions(own.key(), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(details(good)).contains("can be read by others");
        assertThat(CertificateChecks.check(config("br0", null, root, LOOPBACK + ":1"), NOW))
                .extracting(Finding::level)
                .containsExactly(Level.WARN);
    }

    @Test
    void zooKeeperMustAnswerAndGrantTheTimeout() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            port = free.getLocalPort();
        }
        AgentConfig open = ensemble(new AgentConfig.ZooKeeper(LOOPBACK + ":" + port, "/godwit", 6_000));
        assertThat(ZooKeeperChecks.check(open)).extracting(Finding::level).containsExactly(Level.FAIL);
        try (ZooKeeperServer _ = ZooKeeperServer.start(root.resolve("zk"), LOOPBACK, port, 500)) {
            assertThat(ZooKeeperChecks.check(open))
                    .extracting(Finding::level)
                    .containsExactly(Level.OK, Level.WARN, Level.WARN);
            assertThat(ZooKeeperChecks.check(
                                    ensemble(new AgentConfig.ZooKeeper(LOOPBACK + ":" + port, "/godwit", 60_000)))
                            .getFirst()
                            .detail())
                    .contains("grants a session timeout of 40000 ms");
        }
    }

    @Test
    void whoElseCanChangeTheRecordsIsSaid() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            port = free.getLocalPort();
        }
        String connect = LOOPBACK + ":" + port;
        CertificateAuthority authority =
                new CertificateAuthority(root.resolve("ca"), Instant.now(), new SecureRandom());
        CertificateFiles ca = authority.init();
        CertificateFiles own = authority.issue("host1", List.of(LOOPBACK));
        AgentConfig.TlsFiles tls = new AgentConfig.TlsFiles(ca.certificate(), own.certificate(), own.key());
        AgentConfig open = ensemble(new AgentConfig.ZooKeeper(connect, "/godwit", 6_000));
        AgentConfig secret = ensemble(new AgentConfig.ZooKeeper(
                connect, "/godwit", 6_000, false, ClusterSecret.make(root.resolve("a"), new SecureRandom())));
        AgentConfig other = ensemble(new AgentConfig.ZooKeeper(
                connect, "/godwit", 6_000, false, ClusterSecret.make(root.resolve("b"), new SecureRandom())));
        try (ZooKeeperServer _ = ZooKeeperServer.start(root.resolve("zk"), LOOPBACK, port, 500)) {
            assertThat(records(open)).contains("WARN").contains("can move ownership");
            assertThat(records(secret)).contains("WARN").contains("in the clear");
            try (Ownership ownership = Ownership.connect(
                    RecordSettings.of(open, "boot", root.resolve("keys")), new SimpleMeterRegistry())) {
                ownership.claim("web1", "{}", new Claims(Set.of(), Set.of()));
            }
            assertThat(records(secret)).contains("FAIL").contains("godwit records protect");
            RecordsCheck.protect(RecordSettings.of(secret, "boot", root.resolve("keys")));
            assertThat(records(open)).contains("FAIL").contains("zookeeper.secretFile is not set");
            assertThat(records(other)).contains("FAIL").contains("belong to another secret");
        }
        ServerSettings secure = new ServerSettings(root.resolve("zk"), LOOPBACK, port, 500, tls, null);
        try (ZooKeeperServer _ = ZooKeeperServer.start(secure)) {
            AgentConfig.ZooKeeper overTls = new AgentConfig.ZooKeeper(
                    connect, "/godwit", 6_000, true, secret.zookeeper().secretFile());
            AgentConfig safe = ensemble(overTls, tls);
            await("session over TLS with a server that has just started")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(records(safe)).contains("OK").contains("it travels encrypted"));
            assertThat(ZooKeeperChecks.check(safe).getFirst().detail()).startsWith("reached over TLS");
            CertificateFiles strange =
                    new CertificateAuthority(root.resolve("strange"), Instant.now(), new SecureRandom()).init();
            AgentConfig.TlsFiles mistrust =
                    new AgentConfig.TlsFiles(strange.certificate(), own.certificate(), own.key());
            assertThat(ZooKeeperChecks.check(ensemble(overTls, mistrust)))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.detail()).contains("a certificate that is not good by"));
        }
    }

    private static String records(AgentConfig config) throws Exception {
        return ZooKeeperChecks.check(config).stream()
                .filter(finding -> finding.name().equals("records"))
                .toList()
                .toString();
    }

    private AgentConfig ensemble(AgentConfig.ZooKeeper zooKeeper) {
        return ensemble(zooKeeper, null);
    }

    private AgentConfig ensemble(AgentConfig.ZooKeeper zooKeeper, AgentConfig.@Nullable TlsFiles tls) {
        return new AgentConfig(
                "host1",
                LOOPBACK,
                new AgentConfig.Api(root.resolve("agent.sock"), 7070),
                new AgentConfig.MigrationSettings(7071, 2, 50, 0),
                zooKeeper,
                AgentConfig.Lease.OFF,
                tls,
                "br0",
                root,
                root,
                List.of(root),
                Accelerator.AUTO,
                new AgentConfig.Limits(1L << 20, 64, 2));
    }

    @Test
    void oneCheckThatBreaksDoesNotHideTheOthers() throws Exception {
        Files.delete(root.resolve("proc/cpuinfo"));
        List<Finding> findings = Doctor.check(config("br0", null, root, LOOPBACK + ":1"), root, "6.12.1", NOW);
        assertThat(findings).anySatisfy(finding -> assertThat(finding.detail()).contains("could not be checked"));
        assertThat(findings)
                .extracting(Finding::name)
                .contains("kernel", "accelerator", "bridge", "API port", "ZooKeeper", "clock");
        assertThat(findings)
                .filteredOn(finding -> finding.level() != Level.OK)
                .allSatisfy(finding -> assertThat(finding.remedy()).isNotEmpty());
    }

    private HostChecks host() {
        return new HostChecks(root, "6.12.1");
    }

    private static String details(AgentConfig config) throws IOException {
        return CertificateChecks.check(config, NOW).toString();
    }

    private AgentConfig withTls(Path authority, Path certificate, Path key) throws IOException {
        return config("br0", new AgentConfig.TlsFiles(authority, certificate, key), root, LOOPBACK + ":1");
    }

    private AgentConfig config(String bridge, AgentConfig.@Nullable TlsFiles tls, Path place, String connect)
            throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return config(bridge, tls, place, connect, free.getLocalPort());
        }
    }

    private AgentConfig config(
            String bridge, AgentConfig.@Nullable TlsFiles tls, Path place, String connect, int apiPort)
            throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return new AgentConfig(
                    "host1",
                    LOOPBACK,
                    new AgentConfig.Api(root.resolve("agent.sock"), apiPort),
                    new AgentConfig.MigrationSettings(free.getLocalPort(), 2, 50, 0),
                    new AgentConfig.ZooKeeper(connect, "/godwit", 6_000),
                    AgentConfig.Lease.OFF,
                    tls,
                    bridge,
                    root,
                    place,
                    List.of(place),
                    Accelerator.AUTO,
                    new AgentConfig.Limits(1L << 20, 64, 2));
        }
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
