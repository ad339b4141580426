package io.godwit.migration.precopy;

import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.ForwardedFrames;
import io.godwit.migration.MigrationReport.LatePages;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.migration.MigrationReport.Round;
import io.godwit.migration.MigrationReport.Switchover;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.Slowness;
import io.godwit.migration.protocol.Message.Running;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Collects what the report will say while the migration goes on. Used by the migration's thread.
final class SourceReport {
    private final MigrationRequest request;
    private final Counters counters;
    private final List<Round> rounds = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private Switchover switchover = Switchover.NONE;
    private ForwardedFrames forwardedFrames = ForwardedFrames.NONE;
    private double downtimeMs;
    private double totalMs;
    private long ramBytes;
    private Slowness slowness;
    private long budgetMs;
    private LatePages latePages = LatePages.NONE;

    SourceReport(MigrationRequest request, Counters counters) {
        this.request = request;
        this.counters = counters;
        this.slowness = Slowness.none(request.policy());
        this.budgetMs = request.policy().downtimeBudgetMs();
    }

    /// @param asked the budget that was asked for last
    void slowness(Slowness gaveWay, long asked) {
        slowness = gaveWay;
        budgetMs = asked;
    }

    void ramBytes(long bytes) {
        ramBytes = bytes;
    }

    void round(long pages, long bytesSent, long nanos, long dirtyBytesPerSecond) {
        rounds.add(new Round(pages, bytesSent, ms(nanos), dirtyBytesPerSecond));
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    /// What became of the frames that came after the pause.
    ///
    /// @param failure why none were captured; empty if they were
    void forwarded(ForwardedFrames frames, String failure) {
        forwardedFrames = frames;
        if (!failure.isEmpty()) {
            warn("Packets sent to the guest while it moved may be lost: " + failure);
        } else if (frames.dropped() > 0) {
            warn("Of " + frames.captured() + " packets that reached " + request.sourceHost()
                    + " after the guest was paused there, " + frames.dropped() + " are not known to have reached it on "
                    + request.targetHost());
        }
    }

    void latePages(LatePages came) {
        latePages = came;
    }

    /// The migration is decided; the clock of the total stops.
    void decided() {
        totalMs = ms(counters.elapsedNanos());
    }

    /// The parts add up to the downtime; the last round has what no other part accounts for.
    ///
    /// @param stateWaitNanos how long the device state was waited for with nothing else to do
    void switchedOver(boolean wasPaused, long pauseNanos, long stateWaitNanos, long downtimeNanos, Running running) {
        double state = ms(stateWaitNanos) + running.loadMicros() / 1e3;
        double commit = running.commitMicros() / 1e3;
        double resume = running.resumeMicros() / 1e3;
        double all = ms(downtimeNanos);
        double pause = ms(pauseNanos);
        switchover = new Switchover(pause, Math.max(0, all - pause - state - commit - resume), state, commit, resume);
        downtimeMs = wasPaused ? 0 : all;
    }

    MigrationReport build(Result result, String reason, long epoch) {
        return new MigrationReport(
                request.id(),
                request.guest().spec().name(),
                request.sourceHost(),
                request.targetHost(),
                epoch,
                result,
                reason,
                totalMs,
                downtimeMs,
                budgetMs,
                rounds,
                ramBytes,
                counters.bytesSent(),
                counters.zeroPages(),
                counters.compressedPages(),
                counters.rawPages(),
                counters.deltaPages(),
                switchover,
                forwardedFrames,
                warnings,
                slowness,
                latePages);
    }

    private static double ms(long nanos) {
        return nanos / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }
}
