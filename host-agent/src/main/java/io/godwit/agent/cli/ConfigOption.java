package io.godwit.agent.cli;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfigFile;
import io.godwit.agent.config.ConfigException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The option of commands that need the agent's configuration.
final class ConfigOption {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "/etc/godwit/agent.yaml",
            description = "The agent's configuration. Default: ${DEFAULT-VALUE}")
    Path file = AgentConfigFile.DEFAULT;

    AgentConfig load() throws CliException {
        try {
            return AgentConfigFile.load(file);
        } catch (ConfigException e) {
            throw CliException.badInput(String.valueOf(e.getMessage()), "docs/agent.example.yaml explains every key.");
        }
    }
}
