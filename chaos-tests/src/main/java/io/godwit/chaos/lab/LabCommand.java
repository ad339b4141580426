package io.godwit.chaos.lab;

import io.godwit.chaos.workload.GuestWorkload;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `godwit lab`: a data centre to play with.
@Command(
        name = "lab",
        description = "A whole data centre on this machine: hosts are network namespaces, all else is real.",
        mixinStandardHelpOptions = true,
        subcommands = {LabCommand.Up.class, LabCommand.Down.class, LabCommand.Status.class})
public final class LabCommand {
    private static final String DEFAULT_NAME = "default";

    private LabCommand() {}

    public static void main(String... arguments) {
        CommandLine line = new CommandLine(new LabCommand()).setCommandName("godwit lab");
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            command.getErr().println(e.getMessage() == null ? e.toString() : e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }

    @Command(name = "up", description = "Brings a lab up and leaves it running.")
    static final class Up implements Callable<Integer> {
        @Option(names = "--name", description = "Lab's name (default: ${DEFAULT-VALUE}).", defaultValue = DEFAULT_NAME)
        private String name = DEFAULT_NAME;

        @Option(names = "--hosts", description = "Hosts (default: ${DEFAULT-VALUE}).", defaultValue = "3")
        private int hosts;

        @Option(
                names = "--rate",
                description = "Speed of each host's link, 0 for unshaped (default: ${DEFAULT-VALUE}).",
                defaultValue = "1gbit")
        private String rate = "1gbit";

        @Option(names = "--migration-network", description = "Give migrations a network of their own.")
        private boolean migrationNetwork;

        @Option(names = "--insecure", description = "Let agents talk without TLS.")
        private boolean insecure;

        @Override
        public Integer call() {
            LabSettings settings = LabSettings.standard(name)
                    .withHosts(hosts)
                    .withLinkRate(rate)
                    .withMigrationNetwork(migrationNetwork)
                    .withInsecure(insecure)
                    .asOperatorsHave();
            if (LabState.of(settings.name()).running()) {
                throw new LabException(
                        "Lab " + name + " is up already. Take it down first: ./godwit lab down --name " + name);
            }
            System.out.println("Bringing up lab " + name + ": " + hosts + " hosts, links of " + rate + " ...");
            print(Lab.up(settings));
            return 0;
        }

        private static void print(Lab lab) {
            GuestFile guest = lab.guest("web1", 1, 512, GuestWorkload.STANDARD);
            Path file = lab.write(guest);
            List<String> lines = new java.util.ArrayList<>();
            lines.add("Lab " + lab.settings().name() + " is up. Each host's command line:");
            lab.hosts().forEach(host -> lines.add("  ./godwit --agent " + host.socket() + " list"));
            String first = "./godwit --agent " + lab.host(1).socket();
            lines.add("Create a guest, ping it every 10 ms from the client, move it:");
            lines.add("  " + first + " create " + file);
            lines.add("  ip netns exec " + lab.network().client().name() + " ping -i 0.01 " + guest.address());
            if (lab.hosts().size() > 1) {
                lines.add("  " + first + " migrate web1 h2");
            }
            lines.add("Ask the guest how it is, and have it check its memory:");
            String ask = "  ip netns exec " + lab.network().client().name() + " busybox nc " + guest.address() + " ";
            lines.add(ask + "7000");
            lines.add(ask + "7001");
            lines.add("Logs: " + lab.host(1).folder().getParent() + "/*/agent.log");
            lines.add("Take it all down:");
            lines.add("  ./godwit lab down --name " + lab.settings().name());
            System.out.println(String.join("\n", lines));
        }
    }

    @Command(name = "down", description = "Removes a lab with all its guests.")
    static final class Down implements Callable<Integer> {
        @Option(names = "--name", description = "Lab's name (default: ${DEFAULT-VALUE}).", defaultValue = DEFAULT_NAME)
        private String name = DEFAULT_NAME;

        @Override
        public Integer call() {
            // The name is checked before anything is removed by it.
            LabSettings settings = LabSettings.standard(name);
            Lab.down(settings.name());
            System.out.println("Lab " + name + " is down.");
            return 0;
        }
    }

    @Command(name = "status", description = "Says what runs in a lab.")
    static final class Status implements Callable<Integer> {
        @Option(names = "--name", description = "Lab's name (default: ${DEFAULT-VALUE}).", defaultValue = DEFAULT_NAME)
        private String name = DEFAULT_NAME;

        @Override
        public Integer call() {
            LabState state = LabState.of(LabSettings.standard(name).name());
            System.out.println(state.text());
            return state.running() ? 0 : 1;
        }
    }
}
