package io.godwit.agent.cli;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.zookeeper.PrivateFolder;
import io.godwit.agent.zookeeper.RecordSettings;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordsCheck;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "records",
        description = "Looks after the records in ZooKeeper, as the configuration of this host names them.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = RecordsCommand.Protect.class)
final class RecordsCommand {
    @ParentCommand
    @Nullable
    Godwit godwit;

    private RecordsCommand() {}

    @Command(
            name = "protect",
            description = {
                "Closes all records to everybody who has no secret of zookeeper.secretFile.",
                "For a cluster that had none, and for changing the secret; docs/install.md says how. Can be repeated."
            },
            mixinStandardHelpOptions = true)
    static final class Protect implements Callable<Integer> {
        @ParentCommand
        @Nullable
        RecordsCommand parent;

        @Spec
        @Nullable
        CommandSpec spec;

        @Mixin
        ConfigOption config = new ConfigOption();

        @Override
        public Integer call() throws CliException, InterruptedException {
            AgentConfig checked = config.load();
            if (checked.zookeeper().secretFile() == null) {
                throw CliException.badInput(
                        "zookeeper.secretFile is not set in this configuration",
                        "Make one with \"godwit certs secret\", and set it on every host.");
            }
            int changed;
            try (PrivateFolder folder = PrivateFolder.make()) {
                changed = RecordsCheck.protect(
                        RecordSettings.of(checked, OwnershipSettings.runningBootId(), folder.path()));
            } catch (IOException e) {
                throw CliException.failed(String.valueOf(e.getMessage()), "Look with: godwit doctor");
            }
            var out = Objects.requireNonNull(spec).commandLine().getOut();
            if (Objects.requireNonNull(Objects.requireNonNull(parent).godwit).json) {
                out.println(Json.MAPPER.writeValueAsString(Map.of("changed", changed)));
            } else {
                out.println(
                        "The records are closed to everybody without the secret; " + changed + " were not so before.");
            }
            return ExitCode.OK;
        }
    }
}
