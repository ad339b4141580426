package io.godwit.agent.cli;

import io.godwit.agent.api.MigrationView;
import picocli.CommandLine.Command;

@Command(
        name = "cancel",
        description = {
            "Gives up the migration of a guest, which runs on where it is.",
            "Too late once the target has taken over: the migration completes then, and its report says so."
        },
        mixinStandardHelpOptions = true)
final class CancelCommand extends GuestCommands.OneGuest {
    @Override
    public Integer call() throws CliException {
        String answer = client().request("DELETE", AgentClient.guestPath(guest, "/migration"), null);
        if (json()) {
            out().println(Json.pretty(answer));
            return ExitCode.OK;
        }
        MigrationView view = Json.read(answer, MigrationView.class);
        out().println(Text.printable("The migration of " + view.guest() + " from " + view.source() + " to "
                + view.target() + (view.report() == null ? " is being cancelled" : " had ended before")));
        return ExitCode.OK;
    }
}
