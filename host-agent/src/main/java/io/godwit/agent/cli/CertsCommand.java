package io.godwit.agent.cli;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.certs.CertificateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "certs",
        description = {
            "Makes the certificates with which hosts prove their names to each other.",
            "Keep ca.key away from the hosts: whoever has it can join the cluster."
        },
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {CertsCommand.Init.class, CertsCommand.Issue.class, SecretCommand.class})
final class CertsCommand {
    @ParentCommand
    @Nullable
    Godwit godwit;

    private CertsCommand() {}

    abstract static class Certs implements Callable<Integer> {
        @ParentCommand
        @Nullable
        CertsCommand parent;

        @Spec
        @Nullable
        CommandSpec spec;

        @Option(
                names = "--dir",
                paramLabel = "DIR",
                required = true,
                description = "Where the authority's files stand and the hosts' are written.")
        Path directory = Path.of("");

        abstract CertificateFiles make(CertificateAuthority authority) throws IOException;

        @Override
        public Integer call() throws CliException {
            CertificateFiles files;
            try {
                files = make(new CertificateAuthority(directory, Instant.now(), new SecureRandom()));
            } catch (IllegalArgumentException e) {
                throw CliException.badInput(String.valueOf(e.getMessage()), "");
            } catch (IOException e) {
                throw CliException.failed(String.valueOf(e.getMessage()), "");
            }
            var out = Objects.requireNonNull(spec).commandLine().getOut();
            if (Objects.requireNonNull(Objects.requireNonNull(parent).godwit).json) {
                out.println(Json.MAPPER.writeValueAsString(Map.of(
                        "name", files.name(),
                        "certificate", files.certificate().toString(),
                        "key", files.key().toString(),
                        "notAfter", files.notAfter().toString())));
            } else {
                out.println("certificate  " + files.certificate() + "  (until " + files.notAfter() + ")");
                out.println("key          " + files.key());
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "init",
            description = "Makes the cluster's authority: ca.crt, for every host, and ca.key, for none of them.",
            mixinStandardHelpOptions = true)
    static final class Init extends Certs {
        @Override
        CertificateFiles make(CertificateAuthority authority) throws IOException {
            return authority.init();
        }
    }

    @Command(
            name = "issue",
            description = "Makes HOST.crt and HOST.key, for that host only.",
            mixinStandardHelpOptions = true)
    static final class Issue extends Certs {
        @Parameters(paramLabel = "HOST", description = "The host's name, as in its configuration.")
        String host = "";

        @Option(
                names = "--address",
                paramLabel = "IP",
                description = "An IP address to put into the certificate; may be given several times.")
        List<String> addresses = List.of();

        @Override
        CertificateFiles make(CertificateAuthority authority) throws IOException {
            return authority.issue(host, addresses);
        }
    }
}
