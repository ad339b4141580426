package io.godwit.agent.cli;

import io.godwit.migration.MigrationProgress;
import java.io.PrintWriter;
import java.util.Locale;

/// One line on a terminal, drawn anew in place: the bar is the present round.
final class BarProgress implements ProgressView {
    private static final int BAR_CELLS_MIN = 5;
    private static final int BAR_CELLS_MAX = 20;
    private static final String START_OF_LINE = "\r";
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final int columns;

    BarProgress(PrintWriter out, int columns) {
        this.out = out;
        this.columns = columns;
    }

    @Override
    public void show(MigrationProgress progress) {
        String line = line(progress);
        // A line that wraps could not be drawn over.
        String shown = line.length() < columns ? line : line.substring(0, columns - 1);
        out.print(START_OF_LINE + shown + "\u001b[K");
        out.flush();
    }

    @Override
    public void end() {
        out.print(CLEAR_LINE);
        out.flush();
    }

    // The figures come first: the bar gets the room they leave, and goes where there is too little.
    private String line(MigrationProgress progress) {
        String where = progress.phase() == MigrationProgress.Phase.ROUNDS
                ? "round " + progress.round()
                : progress.phase().name().toLowerCase(Locale.ROOT);
        long total = progress.roundBytesTotal();
        double part = total <= 0 ? 0 : Math.clamp((double) progress.roundBytesDone() / total, 0, 1);
        String figures = String.format(
                Locale.ROOT,
                "%3.0f%% %s/%s dirty %s link %s down %s%s %s",
                part * 100,
                Text.bytes(progress.roundBytesDone()),
                Text.bytes(total),
                Text.rate(progress.dirtyBytesPerSecond()),
                Text.rate(progress.bytesPerSecond()),
                PlainProgress.downtime(progress),
                PlainProgress.gaveWay(progress.slowness()),
                Text.seconds(progress.elapsedMs()));
        String start = where + " ";
        int cells = Math.min(BAR_CELLS_MAX, columns - start.length() - figures.length() - 4);
        return start + (cells < BAR_CELLS_MIN ? "" : bar(part, cells)) + figures;
    }

    private static String bar(double part, int cells) {
        int full = (int) (part * cells);
        return "[" + "#".repeat(full) + ".".repeat(cells - full) + "] ";
    }
}
