package io.godwit.agent.guard;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxClock;
import io.godwit.storage.Lease;
import io.godwit.storage.Lease.Action;
import io.godwit.storage.Lease.Event;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.Ownership;
import io.godwit.storage.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Renews this host's lease, and tells the guard until when each guest may run.
///
/// A guest is fed only if its record was read back in the session that is renewed: of a session that has
/// ended, even unnoticed, nobody knows what another host has done since. Whoever is not fed is paused and then
/// killed by the guard at the deadlines it has. While there is no guard the agent does the guard's work; after
/// a few seconds without one it pauses the guests, for then nothing would stop them if the agent froze.
public final class LeaseKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
    private static final long TICK_MS = 20;
    private static final long SWEEP_MS = 1_000;
    private static final long UNGUARDED_NS_MAX = TimeUnit.SECONDS.toNanos(3);
    private static final long ADMIT_NS_MAX = TimeUnit.SECONDS.toNanos(3);
    private static final long START_MS_MAX = 15_000;
    private static final long NEVER_NS = Long.MAX_VALUE;

    private final LeaseSettings settings;
    private final Ownership ownership;
    private final LeaseMeters meters;
    private final GuardLink link;
    private final Sentry sentry = new Sentry(line -> LOG.info("Second line: {}", line));
    private final Grants grants = new Grants();
    private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("godwit-lease-tick").factory());
    private final ExecutorService verifier = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("godwit-lease-verify").factory());
    private final AtomicBoolean verifying = new AtomicBoolean();
    /// Those that were found to be another host's, so that it is logged once.
    private final Set<GuardedProcess> outrun = ConcurrentHashMap.newKeySet();
    private final Listener listener = new Listener();
    private volatile LeaseRenewals.@Nullable Renewing renewals;

    // All below is guarded by this object.
    private final Lease lease;
    private LeaseTimes times;
    private Action.@Nullable Feed latest;
    private long unguardedSinceNs;
    private boolean holding;
    /// Whether guests may run without the lease; only while the host's record does not say that it is enforced.
    private boolean relaxed;
    /// The shortest wait that this host's record may ask of others; 0 if it is known to ask for none.
    private long recordedWaitMs;

    private LeaseKeeper(LeasePlan plan, Ownership ownership, MeterRegistry registry) {
        this.settings = plan.settings();
        this.ownership = ownership;
        this.lease = new Lease(settings, plan.sessionTimeoutMs());
        this.times = LeaseTimes.of(settings, plan.sessionTimeoutMs());
        this.relaxed = plan.relaxed();
        this.recordedWaitMs = plan.recordedWaitMs();
        this.link = new GuardLink(plan.place(), this::onGuard);
        this.meters = new LeaseMeters(registry, settings, this::times);
        meters.bind(registry, this::leftSeconds, link);
    }

    /// Finds or starts the guard, and renews the lease for the first time. The host must be announced.
    ///
    /// @throws IOException if there is no guard, the lease cannot be renewed, or it is to be enforced and ZooKeeper
    ///                     has negotiated a session timeout that leaves no room; nothing is left open then but a
    ///                     guard
    public static LeaseKeeper start(LeasePlan plan, Ownership ownership, MeterRegistry registry)
            throws IOException, InterruptedException {
        LeaseKeeper keeper = new LeaseKeeper(plan, ownership, registry);
        try {
            keeper.open();
            return keeper;
        } catch (IOException | InterruptedException | RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    private void open() throws IOException, InterruptedException {
        link.open();
        var _ = ticks.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        var _ = ticks.scheduleAtFixedRate(this::sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
        renewals = ownership.renewLease(Duration.ofMillis(settings.renewIntervalMs()), listener);
        synchronized (this) {
            long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MS_MAX);
            while (latest == null || !link.up()) {
                if (System.nanoTime() > deadlineNs) {
                    throw new IOException(
                            link.up() ? "The lease could not be renewed" : "There is no guard; see its guard.log");
                }
                wait(TICK_MS);
            }
            Optional<String> unsafe = unsafe();
            if (unsafe.isPresent() && !relaxed) {
                throw new IOException(unsafe.get());
            }
            LOG.info(
                    "Lease{}: {}; a guest runs elsewhere at most {} ms after its host's death, and its start",
                    relaxed ? " (not enforced now)" : "",
                    times.words(),
                    times.takeoverLatestMs(settings));
        }
    }

    private synchronized Optional<String> unsafe() {
        List<String> objections = LeaseTimes.objections(settings, times.sessionTimeoutMs());
        return objections.isEmpty()
                ? Optional.empty()
                : Optional.of("The lease is unsafe with the session timeout that ZooKeeper grants, "
                        + times.sessionTimeoutMs() + " ms: " + String.join("; ", objections));
    }

    /// Gives every guest that is known here a deadline, if it has none.
    ///
    /// @return what was in the way; empty if the guard has them all
    Optional<String> enforce() throws InterruptedException {
        Optional<String> unsafe = unsafe();
        if (unsafe.isPresent()) {
            return unsafe;
        }
        synchronized (this) {
            if (current() == null) {
                // Guests that may run without a lease must not be ended by one that ran out long ago.
                return Optional.of("the lease has run out: ZooKeeper has not answered for too long");
            }
            relaxed = false;
            if (asksTooLittle()) {
                // They have deadlines by the times before, and new ones once the record asks for more.
                return Optional.empty();
            }
        }
        return link.awaitAck(feedAll(), GuardLink.ANSWER_NS_MAX)
                ? Optional.empty()
                : Optional.of("there is no guard at the moment");
    }

    /// Lets this host's guests run on whatever happens to ZooKeeper, to this agent and to the guard, once it is
    /// known which they are: while the lease was out another host may have taken any of them over.
    ///
    /// @return what was in the way, and then nothing has changed; empty if they run on
    Optional<String> relax() throws InterruptedException {
        synchronized (this) {
            long deadlineNs = System.nanoTime() + ADMIT_NS_MAX;
            for (Optional<String> obstacle = unsettled(); obstacle.isPresent(); obstacle = unsettled()) {
                if (System.nanoTime() > deadlineNs) {
                    return obstacle;
                }
                wait(TICK_MS);
            }
            relaxed = true;
            holding = false;
        }
        if (!link.awaitAck(feedAll(), GuardLink.ANSWER_NS_MAX)) {
            // The one that comes next is fed as soon as it is there.
            LOG.warn("There is no guard at the moment to let guests run on");
        }
        return Optional.empty();
    }

    /// What keeps it from being known whose the guests here are. A guest that is not known yet would not run on, but
    /// end at the deadlines it has.
    private Optional<String> unsettled() {
        Action.Feed feed = current();
        if (feed == null) {
            return Optional.of("the lease has run out: ZooKeeper has not answered for too long");
        }
        return outrun.containsAll(grants.unknown(feed.session()))
                ? Optional.empty()
                : Optional.of("the records of its guests have not been read yet");
    }

    /// The record is about to be changed and may say either from now on.
    synchronized void recording(long waitMs) {
        if (waitMs > 0) {
            recordedWaitMs = recordedWaitMs == 0 ? waitMs : Math.min(recordedWaitMs, waitMs);
        }
    }

    synchronized void recorded(long waitMs) {
        recordedWaitMs = waitMs;
        feedAll();
    }

    /// The times in force, by the session timeout as negotiated.
    public synchronized LeaseTimes times() {
        return times;
    }

    /// Makes a new guest, which does not run yet, known to the guard; returns once the guard has it.
    ///
    /// @param recorded whether its record is this host's by now
    /// @throws HypervisorException if the guest must not run: no lease, no guard, or the record says otherwise
    void admit(String guest, long pid, boolean recorded) throws HypervisorException {
        GuardedProcess process = Grants.process(guest, pid)
                .orElseThrow(() -> new HypervisorException("The process of guest " + guest + " has ended"));
        Action.Feed feed = admitting();
        if (feed == null) {
            throw new HypervisorException("This host's lease has run out: ZooKeeper has not answered for too long");
        }
        try {
            // In this order: a record read in a session that is known to be alive is true for as long as it
            // lasts.
            if (recorded && !isMine(guest)) {
                throw new HypervisorException("The record of guest " + guest + " is not this host's");
            }
            grants.grant(process, feed.session());
            long deadlineNs = System.nanoTime() + ADMIT_NS_MAX;
            while (!link.awaitAck(feedAll(), GuardLink.ANSWER_NS_MAX)) {
                if (System.nanoTime() > deadlineNs) {
                    throw new HypervisorException("There is no guard to watch guest " + guest + " at the moment");
                }
                TimeUnit.MILLISECONDS.sleep(TICK_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypervisorException("Interrupted while guest " + guest + " was made known to the guard", e);
        }
    }

    /// A guest was found that may run already. Until its record is known it is only ended in time, never continued.
    void noteFound(String guest, long pid) {
        Grants.process(guest, pid).ifPresent(grants::enter);
        feedAll();
        verifyUnknown();
    }

    /// Stops to renew. The guard stays, and lets guests run until the deadlines it has: an agent that starts
    /// again before these goes on where this one ended.
    @Override
    public void close() {
        LeaseRenewals.Renewing open = renewals;
        if (open != null) {
            open.close();
        }
        ticks.shutdownNow();
        verifier.shutdownNow();
        link.close();
    }

    private final class Listener implements LeaseRenewals {
        @Override
        public void sending(long request, long session, int sessionTimeoutMs) {
            synchronized (LeaseKeeper.this) {
                useTimeout(sessionTimeoutMs);
                perform(new Event.RequestSent(request, session));
            }
        }

        @Override
        public void acknowledged(long request, long session, int sessionTimeoutMs) {
            meters.renewed();
            synchronized (LeaseKeeper.this) {
                useTimeout(sessionTimeoutMs);
                perform(new Event.Answered(request, session));
            }
            verifyUnknown();
        }

        @Override
        public void unacknowledged(String reason) {
            meters.renewalLost();
            LOG.warn("The lease was not renewed: {}", reason);
        }
    }

    private void useTimeout(int sessionTimeoutMs) {
        if (sessionTimeoutMs == times.sessionTimeoutMs()) {
            return;
        }
        times = LeaseTimes.of(settings, sessionTimeoutMs);
        LOG.warn("ZooKeeper has changed the session timeout. Lease: {}", times.words());
        LeaseTimes.objections(settings, sessionTimeoutMs).forEach(o -> LOG.error("The lease is unsafe: {}", o));
        perform(new Event.TimeoutChanged(sessionTimeoutMs));
    }

    private void perform(Event event) {
        for (Action action : lease.on(event, LinuxClock.bootTimeNs())) {
            switch (action) {
                case Action.Feed feed -> {
                    latest = feed;
                    feedAll();
                }
                case Action.Pause _ -> {
                    if (relaxed) {
                        LOG.warn("ZooKeeper does not answer: guests run on, for the lease is not enforced");
                    } else {
                        meters.ranOut();
                        LOG.error("The lease has run out: this host's guests are paused");
                    }
                }
                case Action.Kill _ -> {
                    if (!relaxed) {
                        meters.killed();
                        LOG.error("The lease has been out for too long: this host's guests are killed");
                    }
                }
            }
        }
    }

    /// @return the latest feed if it is in force
    private synchronized Action.@Nullable Feed current() {
        Action.Feed feed = latest;
        return feed != null && LinuxClock.bootTimeNs() < feed.pauseAtNs() ? feed : null;
    }

    /// @return the session a new guest may be admitted in; null if none may run
    private synchronized Action.@Nullable Feed admitting() {
        return relaxed ? latest : current();
    }

    /// Those whose records are known to be this host's may run until the deadlines; the others end no later.
    ///
    /// @return the guard's number for it; 0 if there is nothing to feed, or no guard
    private synchronized long feedAll() {
        Action.Feed feed = latest;
        if (feed == null || holding) {
            return 0;
        }
        List<GuardedProcess> granted = grants.granted(feed.session());
        if (relaxed) {
            sentry.feed(NEVER_NS, NEVER_NS, granted);
            return link.feed(NEVER_NS, NEVER_NS, granted);
        }
        if (asksTooLittle()) {
            // Other hosts wait for less than these deadlines need: they are given once the record says more.
            return 0;
        }
        List<GuardedProcess> unknown = grants.unknown(feed.session());
        sentry.feed(feed.pauseAtNs(), feed.killAtNs(), granted);
        sentry.cap(feed.pauseAtNs(), feed.killAtNs(), unknown);
        long fed = link.feed(feed.pauseAtNs(), feed.killAtNs(), granted);
        return unknown.isEmpty() ? fed : link.cap(feed.pauseAtNs(), feed.killAtNs(), unknown);
    }

    private boolean asksTooLittle() {
        return recordedWaitMs > 0 && times.takeoverWaitMs() > recordedWaitMs;
    }

    private void onGuard(List<GuardedProcess> held) {
        grants.enterAll(held);
        feedAll();
        verifyUnknown();
    }

    private synchronized void tick() {
        try {
            perform(new Event.Tick());
            watchGuard();
            sentry.act();
        } catch (RuntimeException e) {
            LOG.error("The lease's tick failed", e);
        }
    }

    private void watchGuard() {
        long nowNs = System.nanoTime();
        if (link.up()) {
            unguardedSinceNs = 0;
            if (holding) {
                holding = false;
                LOG.warn("There is a guard again: guests whose lease holds go on");
                feedAll();
            }
            return;
        }
        unguardedSinceNs = unguardedSinceNs == 0 ? nowNs : unguardedSinceNs;
        Action.Feed feed = latest;
        if (relaxed || feed == null || nowNs - unguardedSinceNs < UNGUARDED_NS_MAX) {
            return;
        }
        if (!holding) {
            holding = true;
            LOG.error("There has been no guard for too long: guests are paused until there is one");
        }
        // The second deadline moves with the lease, so that guests are not killed for want of a guard alone.
        sentry.feed(LinuxClock.bootTimeNs(), feed.killAtNs(), grants.granted(feed.session()));
    }

    private void sweep() {
        grants.sweep();
        sentry.sweep();
        outrun.removeIf(process -> !process.process().isAlive());
    }

    /// Looks at the records of the guests that were not yet seen to be this host's in the present session.
    private void verifyUnknown() {
        Action.Feed feed = current();
        if (feed == null || grants.unknown(feed.session()).isEmpty() || !verifying.compareAndSet(false, true)) {
            return;
        }
        try {
            verifier.execute(() -> verify(feed.session()));
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed before the records were looked at", e);
        }
    }

    private void verify(long session) {
        try {
            for (GuardedProcess process : grants.unknown(session)) {
                if (isMine(process.guest())) {
                    grants.grant(process, session);
                } else if (outrun.add(process)) {
                    LOG.warn("Guest {} is not this host's: it ends at the deadlines it has", process.guest());
                }
            }
            feedAll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            LOG.debug("The records were closed", e);
        } finally {
            verifying.set(false);
        }
    }

    private boolean isMine(String guest) throws InterruptedException {
        return switch (ownership.settle(guest)) {
            case Verdict.Mine _ -> true;
            case Verdict.NotMine _ -> false;
        };
    }

    private synchronized double leftSeconds() {
        return lease.leftNs(LinuxClock.bootTimeNs()).orElse(0) / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
