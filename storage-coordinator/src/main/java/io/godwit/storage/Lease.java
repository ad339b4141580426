package io.godwit.storage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// How long a host may go on without hearing from ZooKeeper. Pure: what happened comes in with the time on a
/// clock that counts suspend, what is to be done comes out.
///
/// The deadline counts from when the last acknowledged request was *sent*: when the answer came says nothing
/// about when the servers last heard of this host. Answers may be lost, doubled, late and out of order. Of
/// two sessions the one a request was sent in last is the current one, and nothing extends the deadline for
/// another.
///
/// Nor does an acknowledged request say that the leader has heard of the session since it was sent, if a
/// follower passed it on: that follower tells the leader of its clients only now and then, and may lose it
/// before it does. What the leader has heard of for certain is the request before. So a request counts from
/// when it was sent only if the one before was sent at most [LeaseTimes#hearingDelayMs] earlier; otherwise,
/// after a pause of the agent, from that much after the one before. Before the first request of a session
/// there was, at the earliest, a sign of life that ZooKeeper's client gives by itself, every third of the
/// timeout.
///
/// | event | effect |
/// |---|---|
/// | sent | remembered; in another session, everything asked in the one before is forgotten |
/// | answered, of the current session and known, its deadline to come | feeds, if the deadline gets later |
/// | answered, otherwise | none |
/// | timeout changed to less | the deadline moves to the earlier, and the guard is told |
/// | timeout changed to more | counts for requests sent from now on |
/// | tick past the first deadline | pause, once |
/// | tick past the second deadline | kill, once |
public final class Lease {
    private static final long NS_PER_MS = 1_000_000;

    /// ZooKeeper's client pings a server that it has asked nothing for a third of the timeout.
    private static final int CLIENT_SIGNS_PER_TIMEOUT = 3;

    /// Requests whose answer is awaited. Older ones are forgotten, as if their answers were lost.
    private static final int WAITING_MAX = 64;

    private final LeaseSettings settings;
    private final Map<Long, Sent> waiting = new HashMap<>();
    private int sessionTimeoutMs;
    private long session;
    private long fedSession;
    private long countsFromNs;
    /// When the newest request that this session has acknowledged was sent.
    private OptionalLong acknowledgedNs = OptionalLong.empty();

    private long pauseAtNs;
    private long killAtNs;
    private Phase phase = Phase.NONE;

    private enum Phase {
        /// Nothing was ever acknowledged, so nothing may run.
        NONE,
        HELD,
        PAUSED,
        KILLED
    }

    private record Sent(long atNs, int sessionTimeoutMs) {}

    /// What happened.
    public sealed interface Event {
        /// @param request greater than that of any request before
        record RequestSent(long request, long session) implements Event {}

        /// The servers have carried the request out.
        record Answered(long request, long session) implements Event {}

        record TimeoutChanged(int sessionTimeoutMs) implements Event {}

        record Tick() implements Event {}
    }

    /// What is to be done about it.
    public sealed interface Action {
        /// Guests whose records were confirmed in this session may run until `pauseAtNs`, and exist until
        /// `killAtNs`.
        record Feed(long session, long pauseAtNs, long killAtNs) implements Action {}

        record Pause() implements Action {}

        record Kill() implements Action {}
    }

    public Lease(LeaseSettings settings, int sessionTimeoutMs) {
        this.settings = settings;
        this.sessionTimeoutMs = sessionTimeoutMs;
    }

    /// @param nowNs never less than at the call before
    public List<Action> on(Event event, long nowNs) {
        return switch (event) {
            case Event.RequestSent(long request, long sentIn) -> {
                sent(request, sentIn, nowNs);
                yield List.of();
            }
            case Event.Answered(long request, long answeredIn) -> answered(request, answeredIn, nowNs);
            case Event.TimeoutChanged(int timeoutMs) -> timeoutChanged(timeoutMs);
            case Event.Tick() -> tick(nowNs);
        };
    }

    /// How long guests may still run, negative if they may not any more; empty if nothing was ever
    /// acknowledged.
    public OptionalLong leftNs(long nowNs) {
        return phase == Phase.NONE ? OptionalLong.empty() : OptionalLong.of(pauseAtNs - nowNs);
    }

    private void sent(long request, long sentIn, long nowNs) {
        if (sentIn != session) {
            session = sentIn;
            acknowledgedNs = OptionalLong.empty();
            waiting.clear();
        }
        if (waiting.size() >= WAITING_MAX) {
            waiting.keySet().stream().min(Long::compare).ifPresent(waiting::remove);
        }
        waiting.put(request, new Sent(nowNs, sessionTimeoutMs));
    }

    private List<Action> answered(long request, long answeredIn, long nowNs) {
        Sent sent = answeredIn == session ? waiting.remove(request) : null;
        if (sent == null) {
            return List.of();
        }
        LeaseTimes times = LeaseTimes.of(settings, Math.min(sent.sessionTimeoutMs(), sessionTimeoutMs));
        long countsFrom = countsFrom(sent.atNs(), times);
        acknowledgedNs = OptionalLong.of(Math.max(sent.atNs(), acknowledgedNs.orElse(sent.atNs())));
        long pauseAt = countsFrom + times.pauseAfterMs() * NS_PER_MS;
        boolean later = phase == Phase.NONE || fedSession != session || pauseAt > pauseAtNs;
        if (!later || nowNs >= pauseAt) {
            return List.of();
        }
        countsFromNs = countsFrom;
        pauseAtNs = pauseAt;
        killAtNs = countsFrom + times.killAfterMs() * NS_PER_MS;
        fedSession = session;
        phase = Phase.HELD;
        return List.of(feed());
    }

    private long countsFrom(long sentNs, LeaseTimes times) {
        long ownSignNs = sentNs - times.sessionTimeoutMs() / CLIENT_SIGNS_PER_TIMEOUT * NS_PER_MS;
        return Math.min(sentNs, acknowledgedNs.orElse(ownSignNs) + times.hearingDelayMs() * NS_PER_MS);
    }

    private List<Action> timeoutChanged(int timeoutMs) {
        sessionTimeoutMs = timeoutMs;
        LeaseTimes times = LeaseTimes.of(settings, timeoutMs);
        long pauseAt = countsFromNs + times.pauseAfterMs() * NS_PER_MS;
        if (phase != Phase.HELD || pauseAt >= pauseAtNs) {
            return List.of();
        }
        pauseAtNs = pauseAt;
        killAtNs = countsFromNs + times.killAfterMs() * NS_PER_MS;
        return List.of(feed());
    }

    private List<Action> tick(long nowNs) {
        List<Action> due = new ArrayList<>();
        if (phase == Phase.HELD && nowNs >= pauseAtNs) {
            phase = Phase.PAUSED;
            due.add(new Action.Pause());
        }
        if (phase == Phase.PAUSED && nowNs >= killAtNs) {
            phase = Phase.KILLED;
            due.add(new Action.Kill());
        }
        return due;
    }

    private Action.Feed feed() {
        return new Action.Feed(fedSession, pauseAtNs, killAtNs);
    }
}
