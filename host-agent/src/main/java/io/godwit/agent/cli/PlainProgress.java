package io.godwit.agent.cli;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.OnSlow;
import io.godwit.migration.Slowness;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A line whenever the phase or the round changes, and one every second besides: for logs and pipes.
final class PlainProgress implements ProgressView {
    private static final long LINE_EVERY_MS = 1_000;

    private final PrintWriter out;
    private @Nullable MigrationProgress last;

    PlainProgress(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void show(MigrationProgress progress) {
        MigrationProgress before = last;
        // The migration's own clock decides, so that a burst of late events is not a burst of lines.
        if (before != null
                && before.phase() == progress.phase()
                && before.round() == progress.round()
                && progress.elapsedMs() - before.elapsedMs() < LINE_EVERY_MS) {
            return;
        }
        last = progress;
        out.println(line(progress));
        out.flush();
    }

    @Override
    public void end() {}

    static String line(MigrationProgress progress) {
        String phase = progress.phase().name().toLowerCase(Locale.ROOT);
        StringBuilder line =
                new StringBuilder(String.format(Locale.ROOT, "%8s  %-10s", Text.seconds(progress.elapsedMs()), phase));
        if (progress.phase() == MigrationProgress.Phase.LATE_PAGES) {
            line.append("  left behind ").append(Text.bytes(progress.roundBytesTotal() - progress.roundBytesDone()));
            line.append(" of ").append(Text.bytes(progress.roundBytesTotal()));
            line.append("  sent ").append(Text.bytes(progress.bytesSent()));
            line.append("  at ").append(Text.rate(progress.bytesPerSecond()));
        } else if (progress.round() > 0) {
            line.append("  round ").append(progress.round());
            line.append("  ").append(Text.bytes(progress.roundBytesDone()));
            line.append(" of ").append(Text.bytes(progress.roundBytesTotal()));
            line.append("  sent ").append(Text.bytes(progress.bytesSent()));
            line.append("  at ").append(Text.rate(progress.bytesPerSecond()));
            line.append("  dirty ").append(Text.rate(progress.dirtyBytesPerSecond()));
            line.append("  downtime ").append(downtime(progress));
            line.append(gaveWay(progress.slowness()));
        }
        return line.toString().stripTrailing();
    }

    /// What has given way so far, with a blank before it; empty if nothing has.
    static String gaveWay(Slowness slowness) {
        StringBuilder words = new StringBuilder();
        if (slowness.throttlePercent() > 0) {
            words.append(" slowed ").append(slowness.throttlePercent()).append('%');
        }
        if (slowness.answer() == OnSlow.STRETCH && slowness.stalledRounds() > 0) {
            words.append(" budget ").append(slowness.budgetMs()).append(" ms");
        }
        return words.toString();
    }

    static String downtime(MigrationProgress progress) {
        return progress.predictedDowntimeMs() < 0 ? "-" : "~" + progress.predictedDowntimeMs() + " ms";
    }
}
