package io.godwit.agent.cli;

import io.godwit.agent.api.ErrorView;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// The command `godwit`.
@Command(
        name = "godwit",
        description = {
            "Moves running virtual machines between hosts without stopping them.",
            "Most commands ask the agent of this host, which passes them on to the host that runs the guest."
        },
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.Provider.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:success",
            "1:the operation was refused or failed; the message says what state the guest is in",
            "2:wrong options, or a file with mistakes",
            "3:the agent cannot be reached"
        },
        footerHeading = "%nEnvironment:%n",
        footer = {"  GODWIT_AGENT   the agent's socket, where --agent is not given"},
        subcommands = {
            CreateCommand.class,
            ListCommand.class,
            HostsCommand.class,
            ConsoleCommand.class,
            GuestCommands.Pause.class,
            GuestCommands.Resume.class,
            GuestCommands.Shutdown.class,
            GuestCommands.Destroy.class,
            MigrateCommand.class,
            CancelCommand.class,
            RecoverCommand.class,
            FailoverCommand.class,
            DoctorCommand.class,
            AgentCommand.class,
            CertsCommand.class,
            ZooKeeperCommand.class,
            RecordsCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Godwit {
    @Option(
            names = "--agent",
            paramLabel = "SOCKET",
            scope = ScopeType.INHERIT,
            defaultValue = "${env:GODWIT_AGENT:-/run/godwit/agent.sock}",
            description = "The agent's Unix socket. Default: ${DEFAULT-VALUE}")
    Path agent = Path.of("/run/godwit/agent.sock");

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print JSON instead of text.")
    boolean json;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            hidden = true,
            description = "Print the stack trace of an unexpected error.")
    boolean debug;

    private Godwit() {}

    public static void main(String[] args) {
        // Whoever stays in the foreground logs to standard output, for the journal; all others keep quiet.
        boolean stays = args.length > 0 && (args[0].equals("agent") || args[0].equals("zookeeper"));
        setUnlessSet("godwit.log.level", stays ? "INFO" : "ERROR");
        setUnlessSet("godwit.log.target", stays ? "System.out" : "System.err");
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        Godwit godwit = new Godwit();
        CommandLine commandLine = new CommandLine(godwit);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler((e, failed, _) -> godwit.report(e, failed));
        return commandLine;
    }

    private int report(Exception e, CommandLine failed) {
        PrintWriter err = failed.getErr();
        if (e instanceof CliException known) {
            print(known.error(), err, failed.getOut());
            return known.exitCode();
        }
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        print(new ErrorView("FAILED", "An unexpected error: " + e, "", "--debug shows where."), err, failed.getOut());
        if (debug) {
            e.printStackTrace(err);
        }
        return ExitCode.FAILED;
    }

    private void print(ErrorView error, PrintWriter err, PrintWriter out) {
        error.message().lines().forEach(line -> err.println("godwit: " + Text.printable(line)));
        if (!error.state().isEmpty()) {
            err.println("  state: " + Text.printable(error.state()));
        }
        if (!error.hint().isEmpty()) {
            err.println("  hint:  " + Text.printable(error.hint()));
        }
        if (json) {
            out.println(Json.MAPPER.writeValueAsString(error));
        }
        err.flush();
        out.flush();
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
