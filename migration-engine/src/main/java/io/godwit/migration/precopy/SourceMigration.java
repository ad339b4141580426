package io.godwit.migration.precopy;

import io.godwit.migration.Adjustment;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.OnSlow;
import io.godwit.migration.Slowness;
import io.godwit.migration.SwitchoverGate.GateClosed;
import io.godwit.migration.SwitchoverGate.Verdict;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.metrics.MigrationMeters.Role;
import io.godwit.migration.metrics.PhaseLog;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Complete;
import io.godwit.migration.protocol.Message.Running;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A migration at its source, which drives it. [#run] is the list of phases.
///
/// Both outcomes are promised: on success the guest is the target's and gone here; on failure it is this host's
/// and as it was before. Which of the two it is, is never guessed: from the handover on only the gate says so.
public final class SourceMigration implements Migration {
    private static final Logger log = LoggerFactory.getLogger(SourceMigration.class);

    private final MigrationRequest request;
    private final Transport transport;
    private final Guest guest;
    private final FixedCost fixedCost;
    private final MigrationMeters meters;
    private final LongSupplier nanoClock;
    private final Session session;
    private final SourceWire wire;
    private final Counters counters;
    private final SourceReport report;
    private final PhaseLog phases;
    private final CompletableFuture<MigrationReport> future = new CompletableFuture<>();
    private final SourceResume sourceResume;
    private final LiveLimits limits;
    private SourceState state = new SourceState.Preflight();
    private volatile @Nullable PrecopyRounds rounds;
    private volatile @Nullable LateHandover late;
    private FrameForwarding forwarding = FrameForwarding.none();
    private long pausedAtNanos;
    private @Nullable MigrationReport decided;

    public SourceMigration(
            MigrationRequest request,
            Transport transport,
            FixedCost fixedCost,
            MigrationMeters meters,
            LongSupplier nanoClock) {
        this.request = request;
        this.transport = transport;
        this.guest = request.guest();
        this.fixedCost = fixedCost;
        this.meters = meters;
        this.nanoClock = nanoClock;
        this.session = new Session(nanoClock);
        this.wire = new SourceWire(session, transport, request.target(), request.targetHost());
        this.counters = new Counters(nanoClock);
        this.report = new SourceReport(request, counters);
        this.phases = new PhaseLog(
                meters, Role.SOURCE, request.id().toString(), guest.spec().name());
        this.sourceResume = new SourceResume(guest);
        this.limits = new LiveLimits(request.policy(), nanoClock);
    }

    /// Takes the guest to the target, or leaves it here. Returns once that is decided and all is cleaned up.
    public void run() {
        meters.began(Role.SOURCE);
        Running running;
        try {
            preflight();
            prepare();
            converge();
            leavePages();
            handOver();
            converge();
            leavePages();
            running = switchOver();
        } catch (Throwable e) {
            // Whatever it is, also a lack of memory: the guest must not stay paused because of it.
            complete(takeBack(e));
            return;
        }
        complete(finish(running.epoch(), "The guest is on " + request.targetHost(), ""));
    }

    /// Hands out the report. Apart from [#run], so that whoever waits for it finds the guest free for the next
    /// migration.
    public void publish() {
        MigrationReport result = decided;
        if (result != null) {
            future.complete(result);
        }
    }

    /// Ends a migration that was not begun.
    public void refuse(String reason) {
        future.complete(report.build(Result.FAILED, reason, 0));
    }

    /// Asks the target whether it would take the guest. Nothing has happened when this fails.
    private void preflight() throws Exception {
        phases.entered(Phase.PREFLIGHT.name(), "asked to move to " + request.targetHost());
        RunState runState = guest.state();
        if (runState != RunState.RUNNING && runState != RunState.PAUSED) {
            throw new GivenUp("The guest is neither running nor paused: " + runState, false);
        }
        if (request.policy().verify() && request.policy().whenSlow().answer() == OnSlow.POST_COPY) {
            throw new GivenUp(
                    "Digests compare the memory of a paused guest that has arrived as a whole, so --verify excludes"
                            + " --on-slow=post-copy",
                    false);
        }
        wire.open();
        List<String> blockers = wire.ask(Preflight.offer(request));
        if (!blockers.isEmpty()) {
            throw new GivenUp(request.targetHost() + " does not take the guest: " + String.join("; ", blockers), false);
        }
    }

    /// Has the target start its hypervisor while the tracker is attached here.
    private void prepare() throws Exception {
        transitionTo(new SourceState.Preparing(), "the target takes the guest");
        MappedRam ram = new MappedRam(guest.memory());
        report.ramBytes(ram.bytes());
        wire.prepare(
                Preflight.offer(request),
                request.policy().connections(),
                request.policy().verify());
        PrecopyRounds opened =
                new PrecopyRounds(request, limits, session, wire, ram, counters, report, fixedCost, meters, nanoClock);
        rounds = opened;
        opened.track();
        wire.awaitPrepared();
        opened.connect();
        session.phaseDeadline(
                Math.max(1, request.policy().timeoutMs() - counters.elapsedMs()) + Limits.LAST_DECISION_MS,
                "It did not converge within " + request.policy().timeoutMs() + " ms");
        transitionTo(new SourceState.Rounds(false), "the target waits for pages");
    }

    /// Sends rounds while the guest runs, until what is left fits into the budget.
    private void converge() throws Exception {
        rounds().converge();
    }

    /// If what is left is to come after the switchover: has the target make ready for that, connects for it,
    /// and has the debt noted before it can come into being.
    private void leavePages() throws Exception {
        if (!rounds().leavesPages() || late != null) {
            return;
        }
        session.check();
        LateHandover.requireVersion(wire.version(), request.targetHost());
        session.phaseDeadline(
                Limits.QUESTION_MS, "The target was not ready for missing pages within " + Limits.QUESTION_MS + " ms");
        LateHandover opened = new LateHandover(request, transport, session, limits.pacer(), counters, nanoClock);
        late = opened;
        wire.beginPostcopy();
        opened.open();
    }

    /// Records that the target may take the guest. The guest still runs here; what it writes meanwhile is one
    /// more reason to converge again.
    private void handOver() throws Exception {
        session.check();
        // Well before the pause: what its tap has held back for the guest by then has been seen.
        forwarding = FrameForwarding.open(guest, wire.version(), nanoClock);
        transitionTo(new SourceState.HandingOver(), "what is left fits into the downtime budget, or comes later");
        session.phaseDeadline(Limits.HANDOVER_MS, "The handover was not recorded within " + Limits.HANDOVER_MS + " ms");
        Gates.beginHandover(request.gate(), session);
        session.phaseDeadline(
                Math.max(1, request.policy().timeoutMs() - counters.elapsedMs()) + Limits.HANDOVER_MS,
                "It did not converge again after the handover was recorded");
        transitionTo(new SourceState.Rounds(true), "the handover is recorded");
    }

    /// Pauses the guest and brings over the rest, then waits until the record says it is the target's.
    private Running switchOver() throws Exception {
        boolean wasPaused = guest.state() == RunState.PAUSED;
        transitionTo(new SourceState.SwitchingOver(wasPaused), "what is left still fits, or comes later");
        long timeoutMs = switchoverTimeoutMs();
        session.phaseDeadline(timeoutMs, "The switchover was not complete within " + timeoutMs + " ms");
        // A guest that is slowed would take longer to stand still.
        letGo();
        rounds().hurry();
        pausedAtNanos = nanoClock.getAsLong();
        sourceResume.pause(wasPaused);
        long pauseNanos = nanoClock.getAsLong() - pausedAtNanos;
        if (!wasPaused) {
            forwarding.begin(wire);
        }
        LateHandover leaving = late;
        PrecopyRounds.Rest rest = leaving == null ? rounds().sendRest() : rounds().leaveRest(leaving.pages());
        transitionTo(new SourceState.AwaitingCommit(wasPaused), "everything is sent");
        Running running = wire.complete(new Complete(rest.finalRound(), rest.deviceStateBytes(), wasPaused), timeoutMs);
        long downtimeNanos = nanoClock.getAsLong() - pausedAtNanos;
        session.settle();
        report.switchedOver(wasPaused, pauseNanos, rest.stateWaitNanos(), downtimeNanos, running);
        if (leaving == null) {
            fixedCost.learn(TimeUnit.NANOSECONDS.toMicros(downtimeNanos) / 1e3 - rest.sendMs());
        }
        if (!running.resumeFailure().isEmpty()) {
            report.warn("The guest belongs to " + request.targetHost() + " but could not be resumed there: "
                    + running.resumeFailure());
        }
        return running;
    }

    /// The guest is the target's: removes what is left of it here. Nothing can fail any more, only warn.
    private MigrationReport finish(long epoch, String where, String warning) {
        session.settle();
        letGo();
        report.decided();
        LateHandover leaving = late;
        if (leaving != null && leaving.owes()) {
            leaving.running();
            transitionTo(new SourceState.ServingPages(epoch), "the guest misses pages that are here");
        } else {
            transitionTo(new SourceState.Finishing(epoch), "the record says the guest is the target's");
        }
        if (!warning.isEmpty()) {
            report.warn(warning);
        }
        forwarding.runsElsewhere();
        // In the time for which late frames are waited for anyway.
        closeRounds();
        report.forwarded(forwarding.finish(wire), forwarding.failure());
        closeWire();
        String kept = leaving == null ? "" : leaving.end(epoch, report);
        if (!kept.isEmpty()) {
            transitionTo(new SourceState.Done(Result.COMPLETED), kept);
            return report.build(Result.COMPLETED, where + " in epoch " + epoch + ". " + kept, epoch);
        }
        transitionTo(new SourceState.Finishing(epoch), "the guest needs nothing that is here");
        try {
            guest.destroy(Duration.ofMillis(Limits.DESTROY_MS));
        } catch (HypervisorException | RuntimeException e) {
            report.warn("What is left of the guest on " + request.sourceHost() + " could not be removed: "
                    + e.getMessage());
        }
        transitionTo(new SourceState.Done(Result.COMPLETED), "nothing of the guest is left here");
        return report.build(Result.COMPLETED, where + " in epoch " + epoch, epoch);
    }

    /// What cannot be closed must neither keep a paused copy here nor the report from whoever waits for it.
    private void warnIfItFails(String what, Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException e) {
            report.warn(what + ": " + e);
        }
    }

    /// Something failed or somebody cancelled: finds out whose the guest is, and acts on that alone.
    private MigrationReport takeBack(Throwable failure) {
        String reason = Reasons.of(failure);
        // Before anything that may wait: the guest may be running.
        letGo();
        boolean ask = gateDecides() && !(failure instanceof GateClosed);
        boolean cancelled = failure instanceof GivenUp givenUp && givenUp.cancelled();
        transitionTo(new SourceState.TakingBack(), reason);
        session.cancel(reason);
        wire.abort(reason);
        long epoch = 0;
        if (ask) {
            Verdict verdict = Gates.takeBack(request.gate());
            switch (verdict) {
                case Verdict.RunElsewhere elsewhere -> {
                    return finishElsewhere(elsewhere, reason);
                }
                case Verdict.RunHere here -> epoch = here.epoch();
            }
        }
        forwarding.close();
        LateHandover leaving = late;
        if (leaving != null) {
            leaving.recall();
        }
        String how = sourceResume.resume();
        double pausedMs = pausedAtNanos == 0 ? 0 : (nanoClock.getAsLong() - pausedAtNanos) / 1e6;
        report.decided();
        close();
        Result result = cancelled ? Result.CANCELLED : Result.FAILED;
        transitionTo(new SourceState.Done(result), reason);
        String pause = pausedMs > 0 && sourceResume.interruptedGuest()
                ? String.format(Locale.ROOT, " after %.0f ms of pause", pausedMs)
                : "";
        return report.build(
                result, reason + ". " + "The guest is on " + request.sourceHost() + " and " + how + pause, epoch);
    }

    /// The record was asked and says the guest is not ours: it must never run here again.
    private MigrationReport finishElsewhere(Verdict.RunElsewhere elsewhere, String reason) {
        String target = request.targetHost();
        if (elsewhere.host().equals(target)) {
            String warning = "The target's answer was lost, and the record was read instead: " + reason;
            return finish(elsewhere.epoch(), "The guest is on " + target, warning);
        }
        String warning = "The record names neither host but '" + elsewhere.host() + "' as the owner: " + reason;
        log.error("Guest {} was to move to {}: {}", guest.spec().name(), target, warning);
        LateHandover leaving = late;
        if (leaving != null) {
            // Whoever has the guest does not need what is here of it.
            leaving.recall();
            late = null;
        }
        return finish(elsewhere.epoch(), "The guest belongs to '" + elsewhere.host() + "'", warning);
    }

    /// The guest is slowed no more, from here on.
    private void letGo() {
        PrecopyRounds open = rounds;
        if (open == null) {
            return;
        }
        String failure = open.letGo();
        if (!failure.isEmpty()) {
            report.warn("The guest may still be slowed on " + request.sourceHost()
                    + ", until its agent is started again: " + failure);
        }
        report.slowness(open.slowness(), limits.policy().downtimeBudgetMs());
    }

    /// Whether the record may say something else than that the guest is ours.
    private boolean gateDecides() {
        return switch (state) {
            case SourceState.Preflight _, SourceState.Preparing _ -> false;
            case SourceState.Rounds sending -> sending.handoverBegun();
            case SourceState.HandingOver _, SourceState.SwitchingOver _, SourceState.AwaitingCommit _ -> true;
            case SourceState.ServingPages _, SourceState.Finishing _, SourceState.TakingBack _, SourceState.Done _ ->
                false;
        };
    }

    private void transitionTo(SourceState next, String reason) {
        state = next;
        counters.phase(next.phase());
        phases.entered(next.getClass().getSimpleName(), reason);
    }

    private void close() {
        closeRounds();
        closeWire();
    }

    private void closeWire() {
        warnIfItFails("The connection to " + request.targetHost() + " could not be closed", wire::close);
    }

    private void closeRounds() {
        PrecopyRounds open = rounds;
        if (open != null) {
            warnIfItFails("The pages' connections could not be closed", open::close);
        }
    }

    private void complete(MigrationReport result) {
        phases.ended();
        meters.bytes(Role.SOURCE, counters.bytesSent());
        meters.frames(result.forwardedFrames());
        meters.pages(Role.SOURCE, "raw", counters.rawPages());
        meters.pages(Role.SOURCE, "lz4", counters.compressedPages());
        meters.pages(Role.SOURCE, "delta", counters.deltaPages());
        meters.pages(Role.SOURCE, "zero", counters.zeroPages());
        if (result.result() == Result.COMPLETED) {
            meters.switchedOver(result.downtimeMs(), result.totalMs());
        }
        meters.ended(Role.SOURCE, result.result().name());
        decided = result;
    }

    private PrecopyRounds rounds() {
        PrecopyRounds open = rounds;
        if (open == null) {
            throw new IllegalStateException("There are no rounds yet");
        }
        return open;
    }

    private long switchoverTimeoutMs() {
        long verifyMs = request.policy().verify()
                ? Limits.VERIFY_MS_PER_GIB * (1 + guest.spec().memoryBytes() / (1 << 30))
                : 0;
        return Limits.SWITCHOVER_MS + 2 * rounds().budgetMs() + verifyMs;
    }

    /// The agent stops: what is still owed to the target stays owed.
    public void letGoOfPages() {
        LateHandover leaving = late;
        if (leaving != null) {
            leaving.letGo();
        }
    }

    @Override
    public UUID id() {
        return request.id();
    }

    @Override
    public MigrationProgress progress() {
        PrecopyRounds open = rounds;
        Slowness slowness = open == null ? Slowness.none(limits.policy()) : open.slowness();
        MigrationProgress progress = counters.progress().withSlowness(slowness);
        LateHandover leaving = late;
        return leaving != null && progress.phase() == Phase.LATE_PAGES ? leaving.progress(progress) : progress;
    }

    @Override
    public void adjust(Adjustment adjustment) {
        limits.adjust(adjustment);
        log.info("Migration {}: its limits are changed: {}", request.id(), adjustment);
    }

    @Override
    public void cancel(String reason) {
        session.cancel(reason);
    }

    @Override
    public CompletableFuture<MigrationReport> report() {
        return future;
    }
}
