package io.godwit.agent.cli;

import io.godwit.agent.api.GuestView;
import java.util.Arrays;
import java.util.Comparator;
import picocli.CommandLine.Command;

@Command(name = "list", description = "Lists the guests of all hosts.", mixinStandardHelpOptions = true)
final class ListCommand extends AgentCall {
    @Override
    public Integer call() throws CliException {
        String answer = client().request("GET", "/v1/guests", null);
        if (json()) {
            out().println(Json.pretty(answer));
            return ExitCode.OK;
        }
        GuestView[] guests = Json.read(answer, GuestView[].class);
        Arrays.sort(guests, Comparator.comparing(GuestView::name));
        Table table = new Table("NAME", "HOST", "STATE", ">MEMORY", ">VCPUS", ">EPOCH", "MIGRATING TO");
        for (GuestView guest : guests) {
            table.row(
                    guest.name(),
                    guest.host().isEmpty() ? "-" : guest.host(),
                    guest.failover().isEmpty() ? guest.state() : guest.failover(),
                    Text.bytes(guest.memoryBytes()),
                    guest.vcpus(),
                    guest.epoch(),
                    guest.migratingTo());
        }
        table.print(out());
        return ExitCode.OK;
    }
}
