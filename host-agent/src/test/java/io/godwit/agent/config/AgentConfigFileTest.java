package io.godwit.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.certs.ClusterSecret;
import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.OnSlow;
import io.godwit.migration.PagePolicy;
import io.godwit.migration.WhenSlow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigFileTest {
    private static final OptionalLong HOST_MEMORY = OptionalLong.of(16L << 30);
    private static final String LEAST = """
            name: host1
            address: 192.0.2.11
            zookeeper:
              connect: zk1:2181
            insecure: true
            bridge: br0
            imageDirectories: [/srv/guests]
            """;

    @TempDir
    Path directory = Path.of("");

    @Test
    void fillsInDefaults() throws Exception {
        AgentConfig config = AgentConfigFile.parse("agent.yaml", LEAST, HOST_MEMORY);

        assertThat(config)
                .isEqualTo(new AgentConfig(
                        "host1",
                        "192.0.2.11",
                        new AgentConfig.Api(Path.of("/run/godwit/agent.sock"), 7070),
                        new AgentConfig.MigrationSettings(7071, MigrationPolicy.DEFAULT.connections(), 100, 0)
                                .withRehearsals(12),
                        new AgentConfig.ZooKeeper("zk1:2181", "/godwit", 6000),
                        AgentConfig.Lease.ON,
                        null,
                        "br0",
                        Path.of("/run/godwit"),
                        Path.of("/dev/shm/godwit"),
                        List.of(Path.of("/srv/guests")),
                        AgentConfig.Accelerator.AUTO,
                        new AgentConfig.Limits(15L << 30, 64, 2)));
    }

    @Test
    void readsWhatIsToGiveWayWhenGuestsWriteTooFast() throws Exception {
        AgentConfig config = AgentConfigFile.parse("agent.yaml", LEAST + """
                migration:
                  connections: 3
                  onSlow: throttle
                  downtimeMaxMs: 700
                  throttleMaxPercent: 60
                  yield: false
                  compression: zstd
                  latePagesTimeoutMs: 9000
                  rehearsals: 0
                """, HOST_MEMORY);
        assertThat(config.migration().rehearsals()).isZero();
        assertThat(config.migration().connections()).isEqualTo(3);
        assertThat(config.migration().latePagesTimeoutMs()).isEqualTo(9_000);
        assertThat(config.migration().whenSlow()).isEqualTo(new WhenSlow(OnSlow.THROTTLE, 700, 60));
        assertThat(config.migration().yields()).isFalse();
        assertThat(config.migration().compression()).isEqualTo(PagePolicy.Compression.ZSTD);
        assertThatThrownBy(() -> AgentConfigFile.parse("agent.yaml", LEAST + """
                migration:
                  onSlow: hurry
                  compression: most
                  throttleMaxPercent: 99
                  rehearsals: 101
                """, HOST_MEMORY))
                .hasMessageContaining("rehearsals")
                .hasMessageContaining("not one of auto, fast, none, lz4, zstd: most")
                .hasMessageContaining("not one of throttle, stretch, post-copy, abort: hurry")
                .hasMessageContaining("throttleMaxPercent");
    }

    @Test
    void readsImageServersAndWhatThisHostServes() throws Exception {
        AgentConfig config = AgentConfigFile.parse("agent.yaml", LEAST + """
                imageServers:
                  - directory: /srv/served
                    host: host1
                  - {directory: /srv/more, host: storage2, reconnectSeconds: 30}
                storage:
                  directories: [/srv/served]
                """, HOST_MEMORY);

        assertThat(config.images())
                .isEqualTo(new AgentConfig.Images(
                        List.of(
                                new AgentConfig.ImageServer(Path.of("/srv/served"), "host1", 10),
                                new AgentConfig.ImageServer(Path.of("/srv/more"), "storage2", 30)),
                        new AgentConfig.Storage(
                                List.of(Path.of("/srv/served")), 10_809, Path.of("/var/lib/godwit/images"))));
    }

    @Test
    void refusesImageServersThatContradictEachOther() {
        assertThatThrownBy(() -> AgentConfigFile.parse("agent.yaml", LEAST + """
                imageServers:
                  - directory: /srv/served
                    host: host1
                  - directory: /srv/served/below
                    host: storage2
                    speed: 5
                storage:
                  directories: [/srv/other]
                  port: 7070
                  stateDirectory: /run/godwit/images
                """, HOST_MEMORY))
                .hasMessageContaining("two servers for one image")
                .hasMessageContaining("speed is not a key")
                .hasMessageContaining("storage does not")
                .hasMessageContaining("has a port that api or migration has too")
                .hasMessageContaining("does not outlive a reboot");
    }

    @Test
    void theExampleIsCompleteAndHoldsTheDefaults() throws Exception {
        String example = Files.readString(Path.of("../docs/agent.example.yaml"));
        new CertificateAuthority(directory, Instant.now(), new SecureRandom()).init();
        new CertificateAuthority(directory, Instant.now(), new SecureRandom()).issue("host1", List.of());
        ClusterSecret.make(directory, new SecureRandom());
        String here = example.replace("/etc/godwit/tls", directory.toString());

        AgentConfig config = AgentConfigFile.parse("agent.example.yaml", here, HOST_MEMORY);

        AgentConfig least = AgentConfigFile.parse("agent.yaml", LEAST, HOST_MEMORY);
        assertThat(config.api()).isEqualTo(least.api());
        assertThat(config.migration()).isEqualTo(least.migration());
        assertThat(config.zookeeper().root()).isEqualTo(least.zookeeper().root());
        assertThat(config.zookeeper().sessionTimeoutMs())
                .isEqualTo(least.zookeeper().sessionTimeoutMs());
        assertThat(config.lease()).isEqualTo(AgentConfig.Lease.ON);
        assertThat(config.runDirectory()).isEqualTo(least.runDirectory());
        assertThat(config.ramDirectory()).isEqualTo(least.ramDirectory());
        assertThat(config.accelerator()).isEqualTo(least.accelerator());
        assertThat(config.limits()).isEqualTo(new AgentConfig.Limits(12L << 30, 64, 2));
        assertThat(config.tls()).isNotNull();
        assertThat(config.zookeeper().tls()).isTrue();
        assertThat(config.zookeeper().secretFile()).isEqualTo(directory.resolve(ClusterSecret.FILE));
    }

    @Test
    void theWayToZooKeeperNeedsItsFiles() throws IOException {
        Path secret = ClusterSecret.make(directory, new SecureRandom());
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        String wanting = LEAST.replace("connect: zk1:2181", "connect: zk1:2181\n  tls: true\n  secretFile: " + secret);

        assertThat(mistakes(wanting))
                .containsExactly(
                        "f: line 5: zookeeper.tls is true without a tls group, whose files it needs",
                        "f: line 6: zookeeper.secretFile names a file that others than its owner can use; chmod 600 "
                                + secret);
    }

    @Test
    void reportsAllMistakesAtOnceWithTheirLines() {
        String text = """
                name: bad name
                adress: 192.0.2.11
                api:
                  port: seventy
                migration:
                  connections: 99
                  bandwidth: fast
                zookeeper:
                  connect: zk1
                bridge: br0
                imageDirectories: /srv/guests
                accelerator: xen
                limits:
                  memory: 64GiB
                """;

        assertThat(mistakes(text))
                .containsExactlyInAnyOrder(
                        "f: line 1: name is not a host name of letters, digits, dots and hyphens: bad name",
                        "f: address is missing",
                        "f: line 4: api.port is not a whole number from 1 to 65535: \"seventy\"",
                        "f: line 6: migration.connections is neither auto nor a whole number from 1 to 16: 99",
                        "f: line 7: migration.bandwidth is not a rate such as 800Mbit/s, 100MiB/s or unlimited: fast",
                        "f: line 9: zookeeper.connect is not a list such as zk1:2181,zk2:2181,zk3:2181: zk1",
                        "f: line 1: tls is missing; \"godwit certs\" makes the files, and only \"insecure: true\" does"
                                + " without",
                        "f: line 11: imageDirectories is not a list of directories but \"/srv/guests\"",
                        "f: line 12: accelerator is not one of auto, kvm, tcg: xen",
                        "f: line 14: limits.memory is more than this host has, which is 16 GiB: 64 GiB",
                        "f: line 2: adress is not a key of this file; here it may hold accelerator, address, api,"
                                + " bridge, imageDirectories, imageServers, insecure, lease, limits, migration, name,"
                                + " ramDirectory, runDirectory, storage, tls, zookeeper");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            runDirectory: run                  | runDirectory is not an absolute path: run
            name: other                        | name stands here for the second time
            api: 7070                          | api is not a group of keys but "7070"
            api: {socket: [a]}                 | api.socket is not a single value but a list
            api: {port: 7071}                  | api.port and migration.port are the same: 7071
            migration: {downtimeMs: 0}         | migration.downtimeMs is not a whole number from 1 to 60000: "0"
            migration: {downtimeMs: 1e1}       | migration.downtimeMs is not a whole number
            migration: {bandwidth: 1kbit/s}    | migration.bandwidth is below 64 KiB/s: 1kbit/s
            limits: {guests: }                 | limits.guests is not a whole number from 1 to 1000: nothing
            limits: {memory: 1}                | limits.memory is not an amount of memory such as 512MiB or 12GiB: 1
            limits: {memroy: 1GiB}             | limits.memroy is not a key of this file; here it may hold guests, memory
            lease: {safety: 25}                | lease.safety is not a part of one such as 0.25: 25
            lease: {enforce: 1}                | lease.enforce is neither true nor false: "1"
            lease: {watchdog: wd}              | lease.watchdog is not an absolute path: wd
            lease: {enforce: false, watchdog: /dev/watchdog} | lease.watchdog means nothing without "enforce: true"
            lease: {safety: 0.1}                | lease is unsafe: guests may run until 5706 ms after the last renewal
            lease: {safety: 0.4}                | lease is unsafe: guests would be paused 3600 ms after the last renewal
            tls: {authority: /none}            | insecure is true though there is a tls group: one of the two must go
            tls: {authority: /none}            | tls.authority names a file that is not there: /none
            tls: {authority: /none}            | tls.certificate is missing
            limits: &a {memory: 1GiB}          | anchors and aliases (& and *) are not supported
            ramDirectory: [                    | this is not YAML
            """)
    void saysWhatIsWrong(String line, String mistake) {
        assertThat(mistakes(LEAST + line + "\n"))
                .anySatisfy(said -> assertThat(said).contains(mistake));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''              | name is missing
            just text       | the file is not a list of "key: value" lines but "just text"
            [1]             | the file is not a list of "key: value" lines but a list
            'a: 1~---~b: 1' | a second document begins here
            """)
    void refusesWhatIsNoConfigurationAtAll(String text, String mistake) {
        assertThat(mistakes(text.replace("~", "\n")))
                .anySatisfy(said -> assertThat(said).contains(mistake));
    }

    @Test
    void deepNestingEndsWithAMistakeAndNotWithTheStack() {
        assertThat(mistakes("name: " + "[".repeat(5_000) + "]".repeat(5_000))).isNotEmpty();
    }

    @Test
    void tellsCertificateAndKeyApart() throws IOException {
        Path pem = directory.resolve("x.pem");
        Files.writeString(pem, "-----BEGIN CERTIFICATE-----\n");
        String tls = LEAST.replace(
                "insecure: true", "tls: {authority: F, certificate: F, key: F}".replace("F", pem.toString()));

        assertThat(mistakes(tls))
                .containsExactly("f: line 5: tls.key names a file that is not an unencrypted PKCS#8 PEM key: " + pem);
    }

    @Test
    void aFileThatIsNotThereIsAMistakeToo() {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> AgentConfigFile.load(directory.resolve("none.yaml")));
        assertThat(e.mistakes())
                .singleElement()
                .asString()
                .contains("none.yaml")
                .contains("cannot be read");
    }

    @Test
    void aHugeFileIsNotRead() throws IOException {
        Path file = directory.resolve("huge.yaml");
        Files.writeString(file, "#".repeat(100_000));
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> AgentConfigFile.load(file));
        assertThat(e.mistakes()).singleElement().asString().contains("larger than 65536 bytes");
    }

    private static List<String> mistakes(String text) {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> AgentConfigFile.parse("f", text, HOST_MEMORY));
        assertThat(e).as("the mistakes of " + text).isNotNull();
        return e.mistakes();
    }
}
