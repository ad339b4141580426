package io.godwit.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.config.AgentConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageChecksTest {
    @TempDir
    Path directory = Path.of("");

    @Test
    void saysNothingWhereThereIsNoImageServer() throws Exception {
        assertThat(ImageChecks.check(config(null, List.of()), Path.of("/none"))).isEmpty();
    }

    @Test
    void aServerNeedsItsDaemonItsDirectoriesAndAStateThatStays() throws Exception {
        AgentConfig.Storage storage =
                new AgentConfig.Storage(List.of(directory.resolve("none")), 10_809, Path.of("/dev/shm/godwit-images"));

        List<Finding> findings = ImageChecks.check(config(storage, List.of()), directory.resolve("no-daemon"));

        assertThat(findings.stream().filter(finding -> finding.level() == Finding.Level.FAIL))
                .extracting(Finding::detail)
                .anyMatch(detail -> detail.contains("no-daemon"))
                .anyMatch(detail -> detail.contains("none is no directory"))
                .anyMatch(detail -> detail.contains("must outlive a reboot"));
    }

    @Test
    void aServerThatHasAllIsFine() throws Exception {
        Path daemon = Files.createFile(directory.resolve("daemon"));
        assertThat(daemon.toFile().setExecutable(true)).isTrue();
        AgentConfig.Storage storage = new AgentConfig.Storage(List.of(directory), 10_809, Path.of("/var/lib/godwit"));
        List<AgentConfig.ImageServer> servers = List.of(new AgentConfig.ImageServer(directory, "h1", 10));

        assertThat(ImageChecks.check(config(storage, servers), daemon))
                .noneMatch(finding -> finding.level() == Finding.Level.FAIL)
                .anyMatch(finding -> finding.detail().contains("from h1"))
                .anyMatch(finding -> finding.detail().contains("in the clear"));
    }

    private AgentConfig config(AgentConfig.@Nullable Storage storage, List<AgentConfig.ImageServer> servers) {
        return new AgentConfig(
                "h1",
                "127.0.0.1",
                new AgentConfig.Api(directory.resolve("api.sock"), 7070),
                new AgentConfig.MigrationSettings(7071, 2, 100, 0),
                new AgentConfig.ZooKeeper("127.0.0.1:2181", "/godwit", 6000),
                AgentConfig.Lease.OFF,
                null,
                "br0",
                directory,
                directory,
                List.of(directory),
                AgentConfig.Accelerator.TCG,
                new AgentConfig.Limits(1L << 30, 8, 2),
                new AgentConfig.Images(servers, storage));
    }
}
