package io.godwit.agent.cli;

import io.godwit.agent.api.GuestView;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// The commands that do one thing to one guest and then show it.
final class GuestCommands {
    private GuestCommands() {}

    abstract static class OneGuest extends AgentCall {
        @Parameters(paramLabel = "GUEST", description = "The guest's name.")
        String guest = "";

        final Integer ask(String method, String rest, String done) throws CliException {
            String answer = client().request(method, AgentClient.guestPath(guest, rest), null);
            if (json()) {
                out().println(Json.pretty(answer));
                return ExitCode.OK;
            }
            GuestView view = Json.read(answer, GuestView.class);
            out().println(Text.printable(
                    view.name() + " " + done + (view.host().isEmpty() ? "" : " on " + view.host())));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "pause",
            description = "Stops a guest's virtual processors; its memory stays.",
            mixinStandardHelpOptions = true)
    static final class Pause extends OneGuest {
        @Override
        public Integer call() throws CliException {
            return ask("POST", "/pause", "is paused");
        }
    }

    @Command(name = "resume", description = "Lets a paused guest run on.", mixinStandardHelpOptions = true)
    static final class Resume extends OneGuest {
        @Override
        public Integer call() throws CliException {
            return ask("POST", "/resume", "runs");
        }
    }

    @Command(
            name = "shutdown",
            description = {
                "Asks a guest to power itself off, as its power button would.",
                "Returns at once; \"godwit list\" shows when it has."
            },
            mixinStandardHelpOptions = true)
    static final class Shutdown extends OneGuest {
        @Override
        public Integer call() throws CliException {
            return ask("POST", "/shutdown", "has been asked to power off");
        }
    }

    @Command(
            name = "destroy",
            description = {"Ends a guest at once, as if its plug were pulled, and forgets it.", "Its disk images stay."
            },
            mixinStandardHelpOptions = true)
    static final class Destroy extends OneGuest {
        @Override
        public Integer call() throws CliException {
            return ask("DELETE", "", "has been destroyed");
        }
    }
}
