package io.godwit.benchmarks.report;

import io.godwit.benchmarks.run.Run;
import io.godwit.benchmarks.subject.Move;
import java.util.Comparator;
import java.util.List;

/// The pictures of one cell.
final class Plots {
    private Plots() {}

    /// The median of the longest silences as a bar, each run as a dot.
    static String silence(List<Group> groups, String title) {
        double most = groups.stream()
                .flatMap(group -> group.completed().stream())
                .mapToDouble(run -> run.echo().silenceMs())
                .max()
                .orElse(1);
        Svg svg = new Svg("Longest silence: " + title, "ms without an answer to a 1 ms echo", groups.size(), most);
        for (int row = 0; row < groups.size(); row++) {
            Group group = groups.get(row);
            svg.label(row, group.configuration());
            Spread silence = group.spread(run -> run.echo().silenceMs());
            if (silence.count() == 0) {
                svg.note(row, 0, "did not complete");
                continue;
            }
            svg.bar(row, 0, silence.median(), 0.6, kind(group));
            for (Run run : group.completed()) {
                svg.dot(row, run.echo().silenceMs());
            }
            svg.note(row, silence.max(), Spread.number(silence.median(), 1) + " ms");
        }
        return svg.toString();
    }

    /// The rounds of each configuration's middle run, side by side along the time.
    static String rounds(List<Group> groups, String title) {
        List<Run> middles = groups.stream().map(Plots::middle).toList();
        double most = middles.stream()
                .flatMap(run -> run.move().rounds().stream())
                .mapToDouble(round -> round.endMs() / 1e3)
                .max()
                .orElse(1);
        Svg svg = new Svg("Rounds over time: " + title, "s since memory was first under way", groups.size(), most);
        for (int row = 0; row < groups.size(); row++) {
            Group group = groups.get(row);
            Run run = middles.get(row);
            svg.label(row, group.configuration());
            boolean odd = false;
            double end = 0;
            for (Move.Round round : run.move().rounds()) {
                svg.bar(row, round.startMs() / 1e3, round.endMs() / 1e3, 0.7, kind(group) + (odd ? "2" : ""));
                odd = !odd;
                end = round.endMs() / 1e3;
            }
            int count = run.move().rounds().size();
            svg.note(
                    row,
                    end,
                    count + (count == 1 ? " round, " : " rounds, ") + Spread.number(run.wireBytes() / 1e6, 0) + " MB"
                            + (run.completed() ? "" : ", gave up"));
        }
        return svg.toString();
    }

    /// By its total time, among those that completed if any did.
    private static Run middle(Group group) {
        List<Run> from = group.completed().isEmpty() ? group.runs() : group.completed();
        return from.stream()
                .sorted(Comparator.comparingDouble(run -> run.move().totalMs()))
                .toList()
                .get(from.size() / 2);
    }

    private static String kind(Group group) {
        return group.godwit() ? "godwit" : "qemu";
    }
}
