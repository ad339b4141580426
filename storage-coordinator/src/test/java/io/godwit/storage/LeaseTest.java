package io.godwit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.Lease.Action;
import io.godwit.storage.Lease.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every event in every situation, and many orders of them.
class LeaseTest {
    private static final int TIMEOUT_MS = 6_000;
    private static final long PAUSE_MS = 4_500;
    private static final long KILL_MS = 6_500;

    /// How much earlier than its sending the first request of a session counts: a third of the timeout, less the
    /// second that followers may take to tell their leader.
    private static final long FIRST_MS = 1_000;

    private static final long HEARING_MS = 1_000;

    private final Lease lease = new Lease(LeaseSettings.DEFAULT, TIMEOUT_MS);

    @Test
    void nothingAcknowledgedFeedsNobodyAndEndsNobody() {
        assertThat(tick(0)).isEmpty();
        sent(1, 7, 10);
        assertThat(tick(100_000)).isEmpty();
        assertThat(lease.leftNs(ns(100_000))).isEmpty();
    }

    @Test
    void theDeadlineCountsFromTheSending() {
        sent(1, 7, 100);
        assertThat(answered(1, 7, 3_000)).containsExactly(first(7, 100));
        sent(2, 7, 1_050);
        assertThat(answered(2, 7, 3_100)).containsExactly(feed(7, 1_050));
        assertThat(lease.leftNs(ns(3_100))).hasValue(ns(1_050 + PAUSE_MS - 3_100));
    }

    /// What the leader has heard of for certain is the request before.
    @Test
    void aRequestAfterAPauseCountsFromTheOneBefore() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        sent(2, 7, 3_000);
        assertThat(answered(2, 7, 3_010)).containsExactly(feed(7, 100 + HEARING_MS));
        sent(3, 7, 3_900);
        assertThat(answered(3, 7, 3_910)).containsExactly(feed(7, 3_900));
    }

    @Test
    void aRequestWhoseAnswerWasLostProvesNothingForTheNext() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        sent(2, 7, 1_100);
        sent(3, 7, 2_100);
        assertThat(answered(3, 7, 2_110)).containsExactly(feed(7, 100 + HEARING_MS));
    }

    @Test
    void anAnswerThatComesAfterItsDeadlineFeedsNobody() {
        sent(1, 7, 100);
        assertThat(answered(1, 7, 100 - FIRST_MS + PAUSE_MS)).isEmpty();
        sent(2, 7, 5_000);
        assertThat(answered(2, 7, 5_001)).containsExactly(feed(7, 100 + HEARING_MS));
        sent(3, 7, 6_000);
        assertThat(answered(3, 7, 6_000 + PAUSE_MS - 1)).containsExactly(feed(7, 6_000));
    }

    @Test
    void doubledUnknownAndOvertakenAnswersChangeNothing() {
        sent(1, 7, 100);
        sent(2, 7, 200);
        assertThat(answered(2, 7, 300)).containsExactly(first(7, 200));
        assertThat(answered(2, 7, 302)).isEmpty();
        assertThat(answered(99, 7, 303)).isEmpty();
        assertThat(tick(200 - FIRST_MS + PAUSE_MS)).containsExactly(new Action.Pause());
    }

    @Test
    void anotherSessionForgetsWhatWasAskedInTheOneBefore() {
        sent(1, 7, 100);
        sent(2, 8, 200);
        assertThat(answered(1, 7, 300)).isEmpty();
        assertThat(answered(2, 7, 300)).isEmpty();
        assertThat(answered(2, 8, 300)).containsExactly(first(8, 200));
    }

    @Test
    void theOldSessionsDeadlineStandsUntilTheNewOneIsAnswered() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        sent(2, 8, 4_000);
        assertThat(tick(100 - FIRST_MS + PAUSE_MS)).containsExactly(new Action.Pause());
        assertThat(answered(2, 8, 100 + PAUSE_MS + 1)).containsExactly(first(8, 4_000));
    }

    @Test
    void aShorterTimeoutMovesTheDeadlineForward() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        assertThat(lease.on(new Event.TimeoutChanged(4_000), ns(120)))
                .containsExactly(new Action.Feed(7, ns(100 - FIRST_MS + 3_000), ns(100 - FIRST_MS + 5_000)));
        assertThat(tick(100 - FIRST_MS + 3_000)).containsExactly(new Action.Pause());
    }

    @Test
    void aLongerTimeoutCountsForWhatIsSentAfterwards() {
        sent(1, 7, 100);
        assertThat(lease.on(new Event.TimeoutChanged(12_000), ns(110))).isEmpty();
        assertThat(answered(1, 7, 120)).containsExactly(first(7, 100));
        sent(2, 7, 200);
        assertThat(answered(2, 7, 210)).containsExactly(new Action.Feed(7, ns(200 + 9_000), ns(200 + 11_000)));
    }

    @Test
    void pausesOnceAndKillsOnce() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        assertThat(tick(100 - FIRST_MS + PAUSE_MS - 1)).isEmpty();
        assertThat(tick(100 - FIRST_MS + PAUSE_MS)).containsExactly(new Action.Pause());
        assertThat(tick(100 - FIRST_MS + PAUSE_MS + 1)).isEmpty();
        assertThat(tick(100 - FIRST_MS + KILL_MS)).containsExactly(new Action.Kill());
        assertThat(tick(100 - FIRST_MS + KILL_MS + 1)).isEmpty();
    }

    @Test
    void whoSleptThroughBothDeadlinesGetsBoth() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        assertThat(tick(100_000)).containsExactly(new Action.Pause(), new Action.Kill());
    }

    @Test
    void feedsAgainAfterEitherDeadline() {
        sent(1, 7, 100);
        answered(1, 7, 110);
        tick(100 + PAUSE_MS);
        sent(2, 8, 5_000);
        assertThat(answered(2, 8, 5_001)).containsExactly(first(8, 5_000));
        assertThat(tick(100_000)).hasSize(2);
        sent(3, 8, 100_001);
        assertThat(answered(3, 8, 100_002)).isEmpty();
        sent(4, 8, 101_000);
        assertThat(answered(4, 8, 101_001)).containsExactly(feed(8, 101_000));
    }

    @Test
    void rememberedRequestsAreLimited() {
        for (int request = 1; request <= 1_000; request++) {
            sent(request, 7, request);
        }
        assertThat(answered(900, 7, 1_001)).isEmpty();
        assertThat(answered(990, 7, 1_001)).containsExactly(first(7, 990));
    }

    /// Against a model that knows what was really sent: whatever is lost, doubled, late or out of order, no feed goes
    /// beyond what the newest acknowledged request of its session allows, and no guest is left to run past it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void neverLetsAGuestRunPastTheDeadline(long seed) {
        for (long run = 0; run < 2_000; run++) {
            play(new Random(seed * 1_000_003 + run), seed + "/" + run);
        }
    }

    private static void play(Random random, String name) {
        Lease played = new Lease(LeaseSettings.DEFAULT, TIMEOUT_MS);
        Map<Long, long[]> sentAt = new HashMap<>();
        List<Event.Answered> answers = new ArrayList<>();
        long now = 0;
        long session = 1;
        long allowed = Long.MIN_VALUE;
        long fedUntil = Long.MIN_VALUE;
        int timeout = TIMEOUT_MS;
        for (long request = 1; request < 60; request++) {
            now += random.nextInt(1_200);
            if (random.nextInt(12) == 0) {
                session++;
            }
            if (random.nextInt(12) == 0) {
                timeout = 3_000 + random.nextInt(6_000);
                fedUntil = latest(played.on(new Event.TimeoutChanged(timeout), ns(now)), fedUntil);
            }
            played.on(new Event.RequestSent(request, session), ns(now));
            sentAt.put(request, new long[] {now, timeout, session});
            if (random.nextInt(4) != 0) {
                answers.add(new Event.Answered(request, session));
            }
            now += random.nextInt(400);
            while (!answers.isEmpty() && random.nextInt(3) != 0) {
                Event.Answered answer = answers.get(random.nextInt(answers.size()));
                if (random.nextBoolean()) {
                    answers.remove(answer);
                }
                long[] sent = sentAt.getOrDefault(answer.request(), new long[3]);
                allowed = Math.max(allowed, sent[0] + Math.max(sent[1], timeout) * 3 / 4);
                fedUntil = latest(played.on(answer, ns(now)), fedUntil);
                assertThat(fedUntil).as(name).isLessThanOrEqualTo(ns(allowed));
            }
            List<Action> due = played.on(new Event.Tick(), ns(now));
            if (fedUntil != Long.MIN_VALUE && ns(now) >= fedUntil) {
                assertThat(played.leftNs(ns(now)).orElseThrow()).as(name).isNotPositive();
            }
            if (due.contains(new Action.Pause())) {
                assertThat(ns(now)).as(name).isGreaterThanOrEqualTo(fedUntil);
            }
        }
        assertThat(sentAt).as(name).hasSize(59);
    }

    private static long latest(List<Action> actions, long before) {
        long latest = before;
        for (Action action : actions) {
            if (action instanceof Action.Feed feed) {
                assertThat(feed.killAtNs()).isGreaterThan(feed.pauseAtNs());
                latest = feed.pauseAtNs();
            }
        }
        return latest;
    }

    private void sent(long request, long session, long atMs) {
        assertThat(lease.on(new Event.RequestSent(request, session), ns(atMs))).isEmpty();
    }

    private List<Action> answered(long request, long session, long atMs) {
        return lease.on(new Event.Answered(request, session), ns(atMs));
    }

    private List<Action> tick(long atMs) {
        return lease.on(new Event.Tick(), ns(atMs));
    }

    private static Action feed(long session, long sentAtMs) {
        return new Action.Feed(session, ns(sentAtMs + PAUSE_MS), ns(sentAtMs + KILL_MS));
    }

    private static Action first(long session, long sentAtMs) {
        return feed(session, sentAtMs - FIRST_MS);
    }

    private static long ns(long ms) {
        return ms * 1_000_000;
    }
}
