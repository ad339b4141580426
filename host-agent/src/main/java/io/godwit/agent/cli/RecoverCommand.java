package io.godwit.agent.cli;

import io.godwit.agent.api.PresenceView;
import io.godwit.agent.api.RecoveryView;
import io.godwit.agent.api.RecoveryView.RecordView;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "recover",
        description = {
            "Shows what every host really has of a guest against its record, and puts it right.",
            "Copies that the record does not name are destroyed, a guest that a broken-off switchover left paused runs"
                    + " on, a handover left behind is taken back, a guest without a process is recorded as stopped.",
            "Each host does so itself and on the record's word. May be repeated at any time.",
            "Exit status 0 only if every host answered and nothing is left to put right."
        },
        mixinStandardHelpOptions = true)
final class RecoverCommand extends GuestCommands.OneGuest {
    @Option(names = "--dry-run", description = "Only say what would be done.")
    boolean dryRun;

    @Override
    public Integer call() throws CliException {
        String rest = "/recovery" + (dryRun ? "?dryRun=true" : "");
        String answer = client().request("POST", AgentClient.guestPath(guest, rest), null);
        RecoveryView view = Json.read(answer, RecoveryView.class);
        if (json()) {
            out().println(Json.pretty(answer));
        } else {
            print(view);
        }
        return view.settled() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(RecoveryView view) {
        out().println(Text.printable(view.guest() + " is recorded as " + words(view.record())));
        Table table = new Table("HOST", "FOUND", "TO DO", "DONE");
        for (RecoveryView.HostView host : view.hosts()) {
            table.row(host.host(), found(host.found()), host.action().replace('_', ' '), done(view, host));
        }
        table.print(out());
        List<String> left = left(view);
        if (!left.isEmpty()) {
            out().println();
            out().println(dryRun ? "What is to be done:" : "What is left:");
            left.forEach(line -> out().println("  " + Text.printable(line)));
        }
        if (!view.after().equals(view.record())) {
            out().println(Text.printable(view.guest() + " is now recorded as " + words(view.after())));
        }
    }

    private static String done(RecoveryView view, RecoveryView.HostView host) {
        if (host.action().equals("none") || view.dryRun()) {
            return "-";
        }
        return host.settled() ? host.outcome() : "not done";
    }

    private static List<String> left(RecoveryView view) {
        List<String> lines = new ArrayList<>();
        for (RecoveryView.HostView host : view.hosts()) {
            if (!host.settled()) {
                lines.add(host.host() + ": " + (host.outcome().isEmpty() ? host.reason() : host.outcome()));
            }
        }
        return lines;
    }

    private static String found(@Nullable PresenceView presence) {
        if (presence == null) {
            return "no answer";
        }
        String epoch = presence.epoch() > 0 ? ", epoch " + presence.epoch() : "";
        boolean process = !presence.found().equals("none") && !presence.found().equals("leftovers");
        return presence.found() + epoch + (process && !presence.managed() ? ", in nobody's charge" : "");
    }

    private static String words(RecordView record) {
        return switch (record.state()) {
            case "none" -> "nothing: it has no record";
            case "handover" ->
                "being handed over from " + record.host() + " to " + record.target() + ", epoch " + record.epoch();
            case "stopped" -> "stopped, last on " + record.host() + ", epoch " + record.epoch();
            default -> record.state() + " on " + record.host() + ", epoch " + record.epoch();
        };
    }
}
