package io.godwit.chaos.simulation;

import java.util.HashSet;
import java.util.Set;

/// How bad the weather is in one run: each seed has its own mix of accidents, so that none hides behind another.
/// Once it is over everything works, though not at once.
final class Trouble {
    private static final int GUARD_LATE_PER_MILLE = 100;
    private static final int NEVER_OF_THREE = 1;
    private static final int STRAYS_PER_MILLE_MANY = 500;

    private final Dice dice;
    private final Set<String> slowHosts = new HashSet<>();
    private final Set<String> slowWriters = new HashSet<>();
    private final int lossPerMille;
    private final int slowPerMille;
    private final int twicePerMille;
    private int straysPerMille;
    private final int stalePerMille;
    private final long staleMicrosMax;
    private final int slowWritesPerMille;
    private final int slowAnswersPerMille;
    private final long writeMicrosMax;
    private final long silenceMicros;
    private boolean over;

    Trouble(Dice dice, Setting setting) {
        this.dice = dice;
        lossPerMille = rate(80);
        slowPerMille = rate(80);
        twicePerMille = rate(80);
        straysPerMille = rate(150);
        stalePerMille = rate(400);
        staleMicrosMax = dice.spread(10 * Scheduler.MS, 3 * Scheduler.SECOND);
        slowWritesPerMille = rate(80);
        slowAnswersPerMille = rate(80);
        writeMicrosMax = setting.writeDelayMicrosMax();
        silenceMicros = setting.terms().silenceMicros();
    }

    private int rate(int perMilleMax) {
        return dice.between(1, 3) <= NEVER_OF_THREE ? 0 : (int) dice.between(1, perMilleMax);
    }

    /// The link is as it was.
    void mend(String host) {
        slowHosts.remove(host);
    }

    void end() {
        over = true;
    }

    boolean over() {
        return over;
    }

    boolean loses() {
        return !over && dice.chance(lossPerMille);
    }

    boolean doubles() {
        return !over && dice.chance(twicePerMille);
    }

    long messageDelay() {
        return !over && dice.chance(slowPerMille)
                ? dice.spread(2 * Scheduler.MS, 4 * Scheduler.SECOND)
                : dice.between(100, 600);
    }

    /// A request can be under way long after its sender has given up waiting.
    long requestDelay() {
        return !over && dice.chance(straysPerMille)
                ? dice.spread(5 * Scheduler.MS, 5 * Scheduler.SECOND)
                : dice.between(200, 1_500);
    }

    /// From now on the answers to a host are slow.
    void slowAnswers(String host) {
        slowHosts.add(host);
    }

    /// From now on many requests arrive long after their sender has given them up.
    void letStray() {
        straysPerMille = STRAYS_PER_MILLE_MANY;
    }

    long answerDelay(String host) {
        if (!over && slowHosts.contains(host)) {
            return dice.between(Scheduler.SECOND, 3_800 * Scheduler.MS);
        }
        return !over && dice.chance(slowAnswersPerMille)
                ? dice.spread(5 * Scheduler.MS, 2 * Scheduler.SECOND)
                : dice.between(200, 1_500);
    }

    /// The connection stands that long without an answer.
    long renewalPatience() {
        return silenceMicros;
    }

    /// By how much the guard may be late, for its machine is busy.
    long guardDelay(long microsMax) {
        return !over && dice.chance(GUARD_LATE_PER_MILLE)
                ? dice.spread(Scheduler.MS, microsMax)
                : dice.between(10, 500);
    }

    /// How far behind the leader the follower is that answers a read.
    long staleness() {
        return dice.chance(stalePerMille) ? dice.between(0, over ? 2 * Scheduler.MS : staleMicrosMax) : 0;
    }

    /// From now on the storage takes as long over this host's writes as it may.
    void slowWrites(String host) {
        slowWriters.add(host);
    }

    void mendWrites(String host) {
        slowWriters.remove(host);
    }

    long writeDelay(String host) {
        if (!over && slowWriters.contains(host)) {
            return dice.between(writeMicrosMax / 2, writeMicrosMax);
        }
        return !over && dice.chance(slowWritesPerMille)
                ? dice.spread(2 * Scheduler.MS, writeMicrosMax)
                : dice.between(100, 1_000);
    }

    /// When a client of ZooKeeper gives a request up: at once if the connection broke, late if it fell silent.
    long patience() {
        return dice.spread(20 * Scheduler.MS, 2 * Scheduler.SECOND);
    }
}
