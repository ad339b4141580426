package io.godwit.chaos.simulation;

import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/// All chance of a run.
final class Dice {
    private final SplittableRandom random;

    Dice(long seed) {
        random = new SplittableRandom(seed);
    }

    boolean chance(int perMille) {
        return perMille > 0 && random.nextInt(1000) < perMille;
    }

    /// Both ends included.
    long between(long min, long max) {
        return min >= max ? min : random.nextLong(min, max + 1);
    }

    /// Mostly near the lower end, now and then far away: each order of magnitude is as likely as the next.
    long spread(long min, long max) {
        double factor = Math.pow((double) max / min, random.nextDouble());
        return Math.round(min * factor);
    }

    <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    UUID uuid() {
        return new UUID(random.nextLong(), random.nextLong());
    }
}
