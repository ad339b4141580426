package io.godwit.storage;

import java.util.ArrayList;
import java.util.List;

/// When a former owner has stopped at the latest, and when another host may start its guests at the earliest.
/// All times count from the moment a host *sent* the last request that ZooKeeper acknowledged, in true
/// milliseconds unless it says otherwise.
///
/// ```
/// sent      pauseAfter  pausedBy       expiresEarliest   killAfter  killedBy
///  |------------|----------|------------------|--------------|---------|------> time
///  |  guest runs           | paused                                    | gone
///                                              |<---- takeoverWait ---->| another host may start the guest
/// ```
///
/// The session does not live for one timeout from the sending on, but from when the *leader* last heard of it.
/// A request that a follower passes on does not count for that: the follower tells the leader of its clients'
/// lives once every half tick only. A leader that is cut off from the follower right after the acknowledged
/// write has last heard of the session up to `hearingDelay` before the sending: half a tick, or the renewal
/// interval if that is longer, for there has to be something to tell.
///
/// @param sessionTimeoutMs  as negotiated
/// @param pauseAfterMs      on the owner's clock: the first deadline
/// @param killAfterMs       on the owner's clock: the second deadline
/// @param hearingDelayMs    how much earlier than the sending the leader may last have heard of the session
/// @param pausedByMs        no guest runs from here on
/// @param killedByMs        no guest process is left from here on
/// @param expiresEarliestMs the session is not given up before this
/// @param takeoverWaitMs    how long who sees the session gone has to wait, on its own clock, for `killedByMs`
public record LeaseTimes(
        int sessionTimeoutMs,
        long pauseAfterMs,
        long killAfterMs,
        long hearingDelayMs,
        long pausedByMs,
        long killedByMs,
        long expiresEarliestMs,
        long takeoverWaitMs) {

    private static final double FASTER = 1 + LeaseSettings.DRIFT_PPM / 1e6;
    private static final double SLOWER = 1 - LeaseSettings.DRIFT_PPM / 1e6;

    /// Renewals that must fit in before the first deadline, so that one lost answer pauses nobody.
    private static final int RENEWALS_MIN = 3;

    private static final double SAFETY_MIN = 0.05;
    private static final double SAFETY_MAX = 0.9;

    /// The times that follow from the settings, safe or not.
    public static LeaseTimes of(LeaseSettings settings, int sessionTimeoutMs) {
        long pauseAfter = (long) Math.floor(sessionTimeoutMs * (1 - settings.safety()));
        long killAfter = pauseAfter + settings.killAfterMs();
        long hearingDelay = Math.max(settings.renewIntervalMs(), (settings.serverTickMs() + 1) / 2);
        long pausedBy = slow(pauseAfter + settings.pauseMs());
        long killedBy = slow(killAfter + settings.killMs());
        long expiresEarliest = (long) Math.floor(sessionTimeoutMs * SLOWER) - hearingDelay;
        return new LeaseTimes(
                sessionTimeoutMs,
                pauseAfter,
                killAfter,
                hearingDelay,
                pausedBy,
                killedBy,
                expiresEarliest,
                slow(Math.max(0, killedBy - expiresEarliest)));
    }

    /// Everything that speaks against the settings, at once, each with its figures; empty if they are safe.
    public static List<String> objections(LeaseSettings settings, int sessionTimeoutMs) {
        List<String> objections = new ArrayList<>();
        if (!(settings.safety() >= SAFETY_MIN && settings.safety() <= SAFETY_MAX)) {
            objections.add("the safety is not between " + SAFETY_MIN + " and " + SAFETY_MAX + ": " + settings.safety());
            return objections;
        }
        LeaseTimes times = of(settings, sessionTimeoutMs);
        if (times.pausedByMs() >= times.expiresEarliestMs()) {
            objections.add(
                    ("guests may run until %d ms after the last renewal, but the session may be gone %d ms after it:"
                                    + " raise the safety or the session timeout, or lower the renewal interval or the"
                                    + " servers' tick")
                            .formatted(times.pausedByMs(), times.expiresEarliestMs()));
        }
        // An idle client gives a silent server up after two thirds of the timeout, and only then asks another.
        long changesServerMs = sessionTimeoutMs * 2L / 3;
        if (times.pauseAfterMs() <= changesServerMs) {
            objections.add(
                    ("guests would be paused %d ms after the last renewal, before a silent ZooKeeper server is given"
                                    + " up after %d ms: lower the safety")
                            .formatted(times.pauseAfterMs(), changesServerMs));
        }
        if (times.pauseAfterMs() < (long) RENEWALS_MIN * settings.renewIntervalMs()) {
            objections.add(
                    ("only %d renewals of one each %d ms fit into the %d ms until guests are paused, and there have to"
                                    + " be %d: lower the renewal interval")
                            .formatted(
                                    times.pauseAfterMs() / settings.renewIntervalMs(),
                                    settings.renewIntervalMs(),
                                    times.pauseAfterMs(),
                                    RENEWALS_MIN));
        }
        if (settings.killAfterMs() <= settings.pauseMs()) {
            objections.add("guests would be killed %d ms after the deadline though pausing them may take %d ms"
                    .formatted(settings.killAfterMs(), settings.pauseMs()));
        }
        return objections;
    }

    /// When a guest may run elsewhere at the latest if ZooKeeper notices the death of its host as late as it
    /// can: it rounds a session's end up to its next tick.
    public long takeoverLatestMs(LeaseSettings settings) {
        return slow(sessionTimeoutMs + (long) settings.serverTickMs()) + takeoverWaitMs;
    }

    /// In one line for a log.
    public String words() {
        return ("session timeout %d ms; after the last renewal guests are paused at %d ms (by %d ms at the latest) and"
                        + " killed at %d ms (by %d ms); the session lives for %d ms at least; a takeover waits %d ms"
                        + " after its end")
                .formatted(
                        sessionTimeoutMs,
                        pauseAfterMs,
                        pausedByMs,
                        killAfterMs,
                        killedByMs,
                        expiresEarliestMs,
                        takeoverWaitMs);
    }

    // What a slow clock shows as this many milliseconds takes this many true ones.
    private static long slow(long clockMs) {
        return (long) Math.ceil(clockMs * FASTER);
    }
}
