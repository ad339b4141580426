package io.godwit.agent.cli;

import io.godwit.agent.api.FailoverView;
import io.godwit.agent.api.HostView;
import java.util.Arrays;
import java.util.Comparator;
import picocli.CommandLine.Command;

@Command(name = "hosts", description = "Lists the hosts.", mixinStandardHelpOptions = true)
final class HostsCommand extends AgentCall {
    @Override
    public Integer call() throws CliException {
        String answer = client().request("GET", "/v1/hosts", null);
        if (json()) {
            out().println(Json.pretty(answer));
            return ExitCode.OK;
        }
        HostView[] hosts = Json.read(answer, HostView[].class);
        Arrays.sort(hosts, Comparator.comparing(HostView::name));
        Table table = new Table("NAME", "ADDRESS", "STATE", "AGENT", "LEASE", ">GUESTS", ">MEMORY USED", ">MEMORY");
        for (HostView host : hosts) {
            table.row(
                    host.name(),
                    host.address(),
                    host.state(),
                    host.alive() ? "alive" : "not seen",
                    host.leaseTakeoverWaitMs() > 0 ? "enforced" : "not enforced",
                    host.guests(),
                    Text.bytes(host.memoryUsedBytes()),
                    Text.bytes(host.memoryBytes()));
        }
        table.print(out());
        FailoverView failover = client().get("/v1/failover", FailoverView.class);
        if (!failover.on()) {
            out().println(FailoverCommand.words(failover));
        }
        return ExitCode.OK;
    }
}
