package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a lab writes into its agents' configurations is what an agent reads from them.
class AgentFileTest {
    @TempDir
    Path directory;

    @Test
    void agentsOfTestsRehearseNothingAndThoseOfAnOperatorDoAsByDefault() throws Exception {
        LabSettings settings = LabSettings.standard("file").withInsecure(true);
        assertThat(written(settings).migration().rehearsals()).isZero();
        assertThat(written(settings.withRehearsals()).migration().rehearsals())
                .isEqualTo(AgentConfig.MigrationSettings.REHEARSALS);
    }

    private AgentConfig written(LabSettings settings) throws Exception {
        LabPaths paths = new LabPaths(directory, directory, directory);
        LabHost host = new LabHost(settings, paths, new LabNetwork(settings), 1);
        Path file = directory.resolve("agent.yaml");
        Files.writeString(file, new AgentFile(settings, paths).text("h1", "192.0.2.1", host));
        return AgentConfigFile.load(file);
    }
}
