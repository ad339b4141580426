package io.godwit.agent.cli;

import io.godwit.agent.certs.ClusterSecret;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "secret",
        description = {
            "Makes the secret that opens the cluster's records in ZooKeeper, the same for all hosts.",
            "zookeeper.secretFile in the agents' configuration names the file."
        },
        mixinStandardHelpOptions = true)
final class SecretCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CertsCommand parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--dir", paramLabel = "DIR", required = true, description = "Where the file is written.")
    Path directory = Path.of("");

    @Override
    public Integer call() throws CliException {
        Path file;
        try {
            file = ClusterSecret.make(directory, new SecureRandom());
        } catch (IOException e) {
            throw CliException.failed(String.valueOf(e.getMessage()), "");
        }
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        if (Objects.requireNonNull(Objects.requireNonNull(parent).godwit).json) {
            out.println(Json.MAPPER.writeValueAsString(Map.of("secret", file.toString())));
        } else {
            out.println("secret  " + file);
        }
        return ExitCode.OK;
    }
}
