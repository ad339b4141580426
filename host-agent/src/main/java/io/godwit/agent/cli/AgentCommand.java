package io.godwit.agent.cli;

import io.godwit.agent.Agent;
import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "agent",
        description = {
            "Runs this host's agent in the foreground until SIGTERM. Guests outlive it.",
            "All mistakes in its configuration are reported at once, with exit status 2."
        },
        mixinStandardHelpOptions = true)
final class AgentCommand extends AgentCall {
    @Mixin
    ConfigOption config = new ConfigOption();

    @Override
    public Integer call() throws CliException, InterruptedException {
        AgentConfig checked = config.load();
        try {
            Agent.run(checked);
            return ExitCode.OK;
        } catch (IOException e) {
            throw CliException.failed(
                    "The agent cannot start: " + e.getMessage(), "Guests are untouched. Look with: godwit doctor");
        }
    }
}
