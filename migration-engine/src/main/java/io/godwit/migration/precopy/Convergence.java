package io.godwit.migration.precopy;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.Slowness;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.precopy.ConvergencePolicy.Decision;
import io.godwit.migration.precopy.ConvergencePolicy.Figures;
import io.godwit.migration.precopy.ConvergencePolicy.Step;
import io.godwit.migration.precopy.ConvergencePolicy.Trend;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what [ConvergencePolicy] decides, and remembers what it needs to decide the next time. Used by
/// the migration's thread, except for [#slowness].
final class Convergence {
    private static final Logger log = LoggerFactory.getLogger(Convergence.class);

    private final Supplier<MigrationPolicy> policy;
    private final String guestName;
    private final ProcessorThrottle throttle;
    private final MigrationMeters meters;
    private final PageBitmap leftBefore;
    private boolean anyLeftBefore;
    private boolean leavesPages;
    private MigrationPolicy decidedBy;
    private Trend trend = Trend.NONE;
    private volatile Trend shown = Trend.NONE;

    /// @param policy  the limits in force, which may change
    Convergence(
            Supplier<MigrationPolicy> policy,
            Guest guest,
            long pageCount,
            MigrationMeters meters,
            LongSupplier nanoClock) {
        this.policy = policy;
        this.guestName = guest.spec().name();
        this.throttle = new ProcessorThrottle(guest, meters, nanoClock);
        this.meters = meters;
        this.leftBefore = new PageBitmap(pageCount);
        this.decidedBy = policy.get();
    }

    /// Of the pages left, how many were left after the round before too. To be asked once a round.
    long hotPages(PageBitmap left) {
        long hot = anyLeftBefore ? left.cardinalityOfBoth(leftBefore) : 0;
        leftBefore.clearAll();
        leftBefore.or(left);
        anyLeftBefore = true;
        return hot;
    }

    /// Does what has to give way, if anything does.
    ///
    /// @return whether another round is to be sent; else the guest is to be switched over
    /// @throws GivenUp if the policy says that it will never converge, or the guest cannot be slowed
    boolean anotherRound(Figures figures) throws GivenUp {
        MigrationPolicy inForce = policy.get();
        if (inForce.downtimeBudgetMs() != decidedBy.downtimeBudgetMs()) {
            trend = trend.stretched(0);
        }
        decidedBy = inForce;
        while (true) {
            Step step = ConvergencePolicy.decide(inForce, trend, figures);
            note(step.trend(), inForce, figures);
            switch (step.decision()) {
                case Decision.SwitchOver _ -> {
                    return false;
                }
                case Decision.Continue _ -> {
                    return true;
                }
                case Decision.Throttle slower -> {
                    hold(slower.percent());
                    return true;
                }
                case Decision.Stretch _ -> meters.gaveWay("stretch");
                case Decision.LeavePages _ -> {
                    meters.gaveWay("post-copy");
                    leavesPages = true;
                    return false;
                }
                case Decision.Abort abort -> {
                    meters.gaveWay("abort");
                    throw new GivenUp(abort.reason(), false);
                }
            }
        }
    }

    private void note(Trend next, MigrationPolicy inForce, Figures figures) {
        if (next.budgetMs(inForce) > trend.budgetMs(inForce)) {
            log.atLevel(meters.level())
                    .log(
                            "Guest {} writes {} MiB/s: its downtime budget grows from {} to {} ms in round {}",
                            guestName,
                            figures.dirtyBytesPerSecond() >> 20,
                            trend.budgetMs(inForce),
                            next.budgetMs(inForce),
                            figures.round());
        }
        trend = next;
        shown = next;
    }

    private void hold(int percent) throws GivenUp {
        meters.gaveWay("throttle");
        try {
            throttle.hold(percent);
        } catch (HypervisorException | RuntimeException e) {
            throw new GivenUp(
                    "The guest writes faster than the downtime budget allows, and it could not be slowed: "
                            + Reasons.of(e) + "; choose another --on-slow",
                    false);
        }
    }

    /// Whether the guest is to be switched over with what is left coming after it.
    boolean leavesPages() {
        return leavesPages;
    }

    /// Lets the guest go, whatever happened before. Idempotent.
    ///
    /// @return empty, or why it may still be slowed
    String letGo() {
        return throttle.letGo();
    }

    long budgetMs() {
        return trend.budgetMs(policy.get());
    }

    /// Safe for use by any thread.
    Slowness slowness() {
        MigrationPolicy inForce = policy.get();
        Trend now = shown;
        return new Slowness(
                inForce.whenSlow().answer(),
                now.budgetMs(inForce),
                throttle.percent(),
                throttle.percentTop(),
                throttle.heldMs(),
                now.stalledRounds());
    }
}
