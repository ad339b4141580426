package io.godwit.agent.cli;

import io.godwit.agent.api.ConsoleView;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import picocli.CommandLine.Command;

@Command(
        name = "console",
        description = {
            "Connects this terminal to a guest's serial console. Ctrl-] leaves it; the guest does not notice.",
            "Only on the host that runs the guest. From a pipe, it ends a second after the last output."
        },
        mixinStandardHelpOptions = true)
final class ConsoleCommand extends GuestCommands.OneGuest {
    @Override
    public Integer call() throws CliException, InterruptedException {
        String answer = client().request("GET", AgentClient.guestPath(guest, "/console"), null);
        if (json()) {
            out().println(Json.pretty(answer));
            return ExitCode.OK;
        }
        ConsoleView view = Json.read(answer, ConsoleView.class);
        try (SocketChannel console = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            connect(console, view);
            boolean terminal = Terminal.isTerminal(0);
            if (terminal) {
                err().println("Console of " + guest + ". Ctrl-] leaves it.");
                err().flush();
            }
            try (Terminal.Raw _ = terminal ? Terminal.raw() : Terminal.Raw.NONE) {
                new ConsoleRelay(console, System.in, System.out).run();
            }
            if (terminal) {
                err().println();
            }
            return ExitCode.OK;
        } catch (IOException e) {
            throw CliException.failed("The console of " + guest + " was lost: " + e.getMessage(), "");
        }
    }

    private void connect(SocketChannel console, ConsoleView view) throws CliException {
        try {
            console.connect(UnixDomainSocketAddress.of(Path.of(view.socket())));
        } catch (IOException e) {
            throw CliException.failed(
                    "The console of " + guest + " is on host " + view.host() + " and cannot be opened from here: "
                            + e.getMessage(),
                    "Run \"godwit console " + guest + "\" on " + view.host() + ", if nobody else has it open; what"
                            + " the guest wrote stands there in " + view.log());
        }
    }
}
