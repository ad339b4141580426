package io.godwit.agent.cli;

import io.godwit.agent.api.FailoverRequest;
import io.godwit.agent.api.FailoverView;
import io.godwit.agent.api.FailoverView.HostLease;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "failover",
        description = {
            "Turns failover off or on for the whole cluster, or shows how it stands.",
            "While it is off nothing is taken over, and guests run on though their host has lost ZooKeeper: for planned"
                    + " work on the network or on ZooKeeper. \"off\" waits until every live host has followed.",
            "Exit status 0 only if the switch stands as asked for, and with \"off\" every live host has followed."
        },
        mixinStandardHelpOptions = true)
final class FailoverCommand extends AgentCall {
    private static final long LOOK_MS = 500;
    private static final int TIMEOUT_S_MAX = 3_600;

    enum Action {
        ON,
        OFF,
        STATUS
    }

    @Parameters(paramLabel = "on|off|status", description = "What to do.")
    Action action = Action.STATUS;

    @Option(
            names = "--timeout",
            paramLabel = "S",
            defaultValue = "60",
            description = "How long \"off\" waits for the hosts. Default: ${DEFAULT-VALUE}")
    int timeoutS;

    @Override
    public Integer call() throws CliException, InterruptedException {
        if (timeoutS < 1 || timeoutS > TIMEOUT_S_MAX) {
            throw CliException.badInput("--timeout is not from 1 to " + TIMEOUT_S_MAX + " s: " + timeoutS, "");
        }
        FailoverView view = switch (action) {
            case STATUS -> look();
            case ON -> turn(true);
            case OFF -> awaitRelaxed(turn(false));
        };
        if (json()) {
            printJson(view);
        } else {
            print(view);
        }
        return ExitCode.OK;
    }

    /// In one line.
    static String words(FailoverView view) {
        String since = view.sinceMs() == 0
                ? ""
                : ", turned by " + view.by() + ", "
                        + Instant.ofEpochMilli(view.sinceMs()).truncatedTo(ChronoUnit.SECONDS);
        return Text.printable("Failover is "
                + (view.on() ? "on" : "off: nothing is taken over, and guests run on without ZooKeeper") + since);
    }

    private FailoverView look() throws CliException {
        return client().get("/v1/failover", FailoverView.class);
    }

    private FailoverView turn(boolean on) throws CliException {
        String by = Optional.ofNullable(System.getenv("SUDO_USER")).orElse(System.getProperty("user.name", "somebody"));
        FailoverRequest request = new FailoverRequest(
                on, by.length() > FailoverRequest.BY_LENGTH_MAX ? by.substring(0, FailoverRequest.BY_LENGTH_MAX) : by);
        return Json.read(client().request("PUT", "/v1/failover", request), FailoverView.class);
    }

    private FailoverView awaitRelaxed(FailoverView turned) throws CliException, InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutS * 1_000_000_000L;
        Set<String> told = new HashSet<>();
        FailoverView view = turned;
        while (true) {
            if (view.on()) {
                throw CliException.failed(
                        "Failover was turned on again meanwhile, by " + view.by(), "Agree with them, then try again.");
            }
            tell(view, told);
            List<String> pending = view.hosts().stream()
                    .filter(host -> host.alive() && host.leaseTakeoverWaitMs() > 0)
                    .map(HostLease::host)
                    .toList();
            if (pending.isEmpty()) {
                return view;
            }
            if (System.nanoTime() > deadlineNs) {
                throw CliException.failed(
                        "Failover is off, but after " + timeoutS + " s these hosts have not followed: "
                                + String.join(", ", pending)
                                + ". Their guests are still stopped if they lose ZooKeeper now.",
                        "See these hosts' agents' logs; ask again with \"godwit failover off\", or turn it on again.");
            }
            Thread.sleep(LOOK_MS);
            view = look();
        }
    }

    private void tell(FailoverView view, Set<String> told) {
        for (HostLease host : view.hosts()) {
            if (host.alive() && host.leaseTakeoverWaitMs() == 0 && told.add(host.host())) {
                err().println(Text.printable(host.host() + ": its guests run on without ZooKeeper"));
            } else if (!host.alive() && host.leaseTakeoverWaitMs() > 0 && told.add(host.host())) {
                err().println(Text.printable(host.host()
                        + ": not seen, so it cannot follow; if it runs, its guests have been stopped by now"));
            }
        }
        err().flush();
    }

    private void print(FailoverView view) {
        out().println(words(view));
        Table table = new Table("HOST", "AGENT", "LEASE", ">TAKEOVER AFTER");
        for (HostLease host : view.hosts()) {
            boolean enforced = host.leaseTakeoverWaitMs() > 0;
            table.row(
                    host.host(),
                    host.alive() ? "alive" : "not seen",
                    enforced ? "enforced" : "not enforced",
                    enforced ? host.leaseTakeoverWaitMs() + " ms" : "-");
        }
        table.print(out());
    }
}
