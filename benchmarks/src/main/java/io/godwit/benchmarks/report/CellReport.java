package io.godwit.benchmarks.report;

import io.godwit.benchmarks.measure.HostUse;
import io.godwit.benchmarks.run.Run;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// The tables of one cell.
record CellReport(List<Group> groups) {
    private static final double MEGA = 1e6;
    private static final double MIB = 1 << 20;

    CellReport {
        groups = List.copyOf(groups);
    }

    /// A figure that is the better the smaller it is.
    private record Measure(String title, int decimals, ToDoubleFunction<Run> figure) {}

    private static final List<Measure> MEASURES = List.of(
            new Measure("total, s", 2, run -> run.move().totalMs() / 1e3),
            new Measure("memory under way, s", 2, run -> run.move().movingMs() / 1e3),
            new Measure("on the wire, MB", 1, run -> run.wireBytes() / MEGA),
            new Measure("longest silence, ms", 1, run -> run.echo().silenceMs()),
            new Measure("echoes lost", 0, run -> run.echo().lost()),
            new Measure("pings lost", 0, run -> run.ping().unanswered()),
            new Measure("ping p99, ms", 1, run -> run.pingWaits().p99Ms()),
            new Measure(
                    "ping p99 before the silence, ms", 1, run -> run.pingWaits().p99BeforeSilenceMs()),
            new Measure("guest slowdown, %", 0, run -> run.slowdown() * 100),
            new Measure("work lost, s", 2, Run::workLostS),
            new Measure(
                    "processor time beyond the guest's, s", 2, run -> run.use().movingCpuSeconds()));

    /// What outsiders saw.
    String seen() {
        Table table = new Table(
                1,
                "",
                "moved",
                "total, s",
                "on the wire, MB",
                "longest silence, ms",
                "echoes lost",
                "pings lost",
                "echo p99, ms",
                "ping p99, ms",
                "ping p99 before the silence, ms",
                "guest slowdown, %",
                "work lost, s");
        for (Group group : groups) {
            table.add(
                    group.configuration(),
                    group.completed().size() + " of " + group.runs().size(),
                    group.spread(run -> run.move().totalMs() / 1e3).text(2),
                    group.spreadOfAll(run -> run.wireBytes() / MEGA).text(1),
                    group.spread(run -> run.echo().silenceMs()).text(1),
                    group.spreadOfAll(run -> run.echo().lost()).text(0),
                    group.spreadOfAll(run -> run.ping().unanswered()).text(0),
                    group.spreadOfAll(run -> run.echo().p99Ms()).text(1),
                    group.spreadOfAll(run -> run.pingWaits().p99Ms()).text(1),
                    group.spreadOfAll(run -> run.pingWaits().p99BeforeSilenceMs())
                            .text(1),
                    group.spreadOfAll(run -> run.slowdown() * 100).text(0),
                    group.spread(Run::workLostS).text(2));
        }
        return table.toString();
    }

    /// What it cost, and what the movers say of themselves.
    String costs() {
        Table table = new Table(
                1,
                "",
                "memory under way, s",
                "link used, %",
                "rounds",
                "late pages",
                "downtime it reports, ms",
                "processor time, s",
                "beyond the guest's, s",
                "guest waits, %",
                "agent, MiB",
                "agent's heap, MiB",
                "work before, MiB/s",
                "echo p50, ms",
                "probe's own gap, ms");
        for (Group group : groups) {
            table.add(
                    group.configuration(),
                    group.spread(run -> run.move().movingMs() / 1e3).text(2),
                    group.spread(run -> run.linkShare() * 100).text(0),
                    group.spread(run -> run.move().rounds().size()).text(0),
                    group.spread(run -> run.move().latePages()).text(0),
                    group.spread(run -> run.move().downtimeMs()).text(1),
                    group.spread(run -> run.use().cpuSeconds()).text(2),
                    group.spread(run -> run.use().movingCpuSeconds()).text(2),
                    group.spread(run -> run.guestWaitShare() * 100).text(0),
                    group.godwit()
                            ? group.spread(run -> run.use().agentBytesMax() / MIB)
                                    .text(0)
                            : "-",
                    group.godwit() ? group.spread(run -> heapMiB(run.use())).text(0) : "-",
                    group.spreadOfAll(run -> run.workBefore() / 256).text(1),
                    group.spreadOfAll(run -> run.echo().p50Ms()).text(2),
                    group.spreadOfAll(run -> run.echo().sendGapMs()).text(1));
        }
        return table.toString();
    }

    private static double heapMiB(HostUse use) {
        return use.agentHeapBytesMax() > 0 ? use.agentHeapBytesMax() / MIB : Double.NaN;
    }

    /// Each of Godwit's configurations against the best of QEMU's, figure by figure; empty if there are not both.
    String comparison() {
        List<Group> godwit = groups.stream().filter(Group::godwit).toList();
        if (godwit.isEmpty() || godwit.size() == groups.size()) {
            return "";
        }
        Table table = new Table(1, "median of completed runs", "by", "Godwit", "best of QEMU", "by which", "ratio");
        for (Measure measure : MEASURES) {
            for (Group mine : godwit) {
                compare(table, measure, mine);
            }
        }
        return table.toString();
    }

    private void compare(Table table, Measure measure, Group mine) {
        double own = mine.spread(measure.figure()).median();
        Optional<Group> best = bestOfQemu(measure);
        double other =
                best.map(group -> group.spread(measure.figure()).median()).orElse(Double.NaN);
        table.add(
                measure.title(),
                mine.configuration(),
                Spread.number(own, measure.decimals()),
                Spread.number(other, measure.decimals()),
                best.map(Group::configuration).orElseGet(this::noBest),
                ratio(own, other));
    }

    /// A figure that nobody has, as a guest that does no work has no slowdown, says nothing about who completed.
    private String noBest() {
        return groups.stream().anyMatch(group -> !group.godwit() && group.allCompleted()) ? "-" : "none completed";
    }

    /// Of those that completed every run.
    private Optional<Group> bestOfQemu(Measure measure) {
        Group best = null;
        double least = Double.NaN;
        for (Group group : groups) {
            double value = group.spread(measure.figure()).median();
            boolean candidate = !group.godwit() && group.allCompleted() && !Double.isNaN(value);
            if (candidate && (best == null || value < least)) {
                best = group;
                least = value;
            }
        }
        return Optional.ofNullable(best);
    }

    /// What is lost is worse than any figure, and no multiple of one.
    static String ratio(double own, double other) {
        if (Double.isNaN(own) || Double.isNaN(other)) {
            return "-";
        }
        if (Double.isInfinite(own) || Double.isInfinite(other)) {
            return own == other ? "both lost" : own > other ? "worse" : "better";
        }
        if (other == 0) {
            return own == 0 ? "both 0" : "-";
        }
        return Spread.number(own / other, 2) + "x";
    }

    /// Why runs were given up, each reason once.
    List<String> reasons() {
        return groups.stream()
                .flatMap(group -> group.runs().stream())
                .filter(run -> !run.completed())
                .map(run -> run.configuration() + ", run " + run.number() + ": "
                        + run.move().reason())
                .toList();
    }
}
