package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfigFile;
import io.godwit.migration.MigrationPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a lab writes into its agents' configurations is what an agent reads from them.
class AgentFileTest {
    private static final LabSettings SETTINGS = LabSettings.standard("file").withInsecure(true);

    @TempDir
    Path directory;

    @Test
    void agentsOfTestsRehearseNothingAndUseManyConnections() throws Exception {
        AgentConfig.MigrationSettings migration = written(SETTINGS).migration();
        assertThat(migration.rehearsals()).isZero();
        assertThat(migration.connections()).isEqualTo(2);
    }

    @Test
    void agentsOfAnOperatorDoAsByDefault() throws Exception {
        AgentConfig.MigrationSettings migration =
                written(SETTINGS.asOperatorsHave()).migration();
        assertThat(migration.rehearsals()).isEqualTo(AgentConfig.MigrationSettings.REHEARSALS);
        assertThat(migration.connections()).isEqualTo(MigrationPolicy.DEFAULT.connections());
    }

    private AgentConfig written(LabSettings settings) throws Exception {
        LabPaths paths = new LabPaths(directory, directory, directory);
        LabHost host = new LabHost(settings, paths, new LabNetwork(settings), 1);
        Path file = directory.resolve("agent.yaml");
        Files.writeString(file, new AgentFile(settings, paths).text("h1", "192.0.2.1", host));
        return AgentConfigFile.load(file);
    }
}
