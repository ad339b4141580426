package io.godwit.chaos.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// The table of all moves, as Markdown that is also legible on a terminal.
final class DemoTable {
    private static final List<String> HEAD = List.of(
            "move", "from, to", "rounds", "MB sent", "total ms", "downtime ms", "ping silence ms", "pings lost");

    private DemoTable() {}

    static String of(List<DemoMove> moves) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        for (DemoMove move : moves) {
            rows.add(row(
                    Integer.toString(move.number()),
                    move.source() + " to " + move.target() + (move.completed() ? "" : " (" + move.result() + ")"),
                    move.rounds(),
                    move.bytesSent() / 1e6,
                    move.totalMs(),
                    move.downtimeMs(),
                    move.silenceMs(),
                    (double) move.pingsLost()));
        }
        if (moves.size() > 1) {
            rows.add(row(
                    "median",
                    "",
                    median(moves, DemoMove::rounds),
                    median(moves, DemoMove::bytesSent) / 1e6,
                    median(moves, DemoMove::totalMs),
                    median(moves, DemoMove::downtimeMs),
                    median(moves, DemoMove::silenceMs),
                    median(moves, DemoMove::pingsLost)));
        }
        return format(rows);
    }

    private static List<String> row(
            String name,
            String way,
            double rounds,
            double megabytes,
            double totalMs,
            double downtimeMs,
            double silenceMs,
            double lost) {
        return List.of(
                name,
                way,
                number(rounds, 0),
                number(megabytes, 1),
                number(totalMs, 0),
                number(downtimeMs, 1),
                number(silenceMs, 1),
                number(lost, 0));
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /// Of an even number of values, the mean of the two in the middle.
    static double median(List<DemoMove> moves, ToDoubleFunction<DemoMove> figure) {
        double[] sorted = moves.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String format(List<List<String>> rows) {
        int[] widths = new int[HEAD.size()];
        rows.forEach(row -> {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < rows.size(); index++) {
            text.append(line(rows.get(index), widths));
            if (index == 0) {
                text.append(rule(widths));
            }
        }
        return text.toString();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder("|");
        for (int column = 0; column < widths.length; column++) {
            // Words to the left, figures to the right.
            String format = column < 2 ? " %-" + widths[column] + "s |" : " %" + widths[column] + "s |";
            line.append(String.format(Locale.ROOT, format, row.get(column)));
        }
        return line.append('\n').toString();
    }

    private static String rule(int[] widths) {
        StringBuilder line = new StringBuilder("|");
        for (int column = 0; column < widths.length; column++) {
            line.append(column < 2 ? "-".repeat(widths[column] + 2) : "-".repeat(widths[column] + 1) + ":")
                    .append('|');
        }
        return line.append('\n').toString();
    }
}
