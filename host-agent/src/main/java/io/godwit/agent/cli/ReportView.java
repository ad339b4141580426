package io.godwit.agent.cli;

import io.godwit.migration.MigrationReport;
import io.godwit.migration.Slowness;
import java.io.PrintWriter;
import java.util.Locale;

/// A migration's report as tables.
final class ReportView {
    private ReportView() {}

    static void print(MigrationReport report, PrintWriter out) {
        if (!report.rounds().isEmpty()) {
            Table rounds = new Table(">ROUND", ">PAGES", ">SENT", ">TOOK", ">GUEST WROTE");
            for (int i = 0; i < report.rounds().size(); i++) {
                MigrationReport.Round round = report.rounds().get(i);
                rounds.row(
                        i + 1,
                        round.pages(),
                        Text.bytes(round.bytesSent()),
                        Text.milliseconds(round.durationMs()),
                        Text.rate(round.dirtyBytesPerSecond()));
            }
            rounds.print(out);
            out.println();
        }
        out.println(Text.printable(report.guest() + ": " + report.source() + " -> " + report.target() + ": "
                + report.result().name().toLowerCase(Locale.ROOT)));
        fact(out, "reason", Text.printable(report.reason()));
        fact(out, "total", Text.milliseconds(report.totalMs()));
        fact(out, "downtime", downtime(report));
        gaveWay(report, out);
        fact(out, "sent", Text.bytes(report.bytesSent()) + " for " + Text.bytes(report.ramBytes()) + " of RAM");
        fact(
                out,
                "pages",
                report.zeroPages() + " zero, " + report.compressedPages() + " compressed, " + report.rawPages()
                        + " as they are" + (report.deltaPages() == 0 ? "" : ", " + report.deltaPages() + " as deltas"));
        MigrationReport.ForwardedFrames late = report.forwardedFrames();
        if (late.captured() > 0) {
            fact(out, "packets", late.delivered() + " of " + late.captured() + " late ones forwarded");
        }
        if (report.epoch() > 0) {
            fact(out, "epoch", Long.toString(report.epoch()));
        }
        report.warnings().forEach(warning -> fact(out, "warning", Text.printable(warning)));
    }

    private static void gaveWay(MigrationReport report, PrintWriter out) {
        Slowness slowness = report.slowness();
        if (slowness.budgetMs() > report.downtimeBudgetMs()) {
            fact(out, "stretched", "the downtime budget grew to " + slowness.budgetMs() + " ms");
        }
        if (slowness.throttlePercentTop() > 0) {
            fact(
                    out,
                    "slowed",
                    "by up to " + slowness.throttlePercentTop() + " % for "
                            + Text.milliseconds((double) slowness.throttledMs()));
        }
        MigrationReport.LatePages late = report.latePages();
        if (late.pages() > 0) {
            fact(
                    out,
                    "late",
                    late.pages() + " pages followed the guest, " + late.faulted()
                            + " of them were waited for; it needed " + report.source() + " for "
                            + Text.milliseconds(late.dependedMs()));
        }
    }

    private static String downtime(MigrationReport report) {
        MigrationReport.Switchover parts = report.switchover();
        String whole = Text.milliseconds(report.downtimeMs()) + " of " + report.downtimeBudgetMs() + " ms";
        if (parts.equals(MigrationReport.Switchover.NONE)) {
            return whole;
        }
        return whole + " (pause " + Text.milliseconds(parts.pauseMs()) + ", last round "
                + Text.milliseconds(parts.lastRoundMs()) + ", device state " + Text.milliseconds(parts.deviceStateMs())
                + ", commit " + Text.milliseconds(parts.commitMs()) + ", resume "
                + Text.milliseconds(parts.resumeMs()) + ")";
    }

    private static void fact(PrintWriter out, String name, String text) {
        out.println(String.format(Locale.ROOT, "  %-9s %s", name, text));
    }
}
