package io.godwit.migration.precopy;

import java.util.ArrayDeque;
import java.util.Deque;

/// What a switchover costs with nothing left to send: pause, device state, commit, resume. The median of the last
/// few that completed on this host, so that a single one on a busy moment, or the first of a cold agent, does not
/// decide about the next.
public final class FixedCost {
    private static final double FIRST_GUESS_MS = 15;
    private static final double MS_MAX = 2_000;
    private static final int SAMPLES = 5;

    private final Deque<Double> samplesMs = new ArrayDeque<>();

    public FixedCost() {
        samplesMs.add(FIRST_GUESS_MS);
    }

    public synchronized double ms() {
        return samplesMs.stream()
                .sorted()
                .skip((samplesMs.size() - 1) / 2)
                .findFirst()
                .orElse(FIRST_GUESS_MS);
    }

    public void learn(double measuredMs) {
        add(Math.clamp(measuredMs, 1, MS_MAX));
    }

    /// A migration was given up before its switchover. Without this, costs learned on a bad day could keep every
    /// later migration from ever trying one, and so from learning better.
    public void doubt() {
        add(FIRST_GUESS_MS);
    }

    private synchronized void add(double ms) {
        if (samplesMs.size() == SAMPLES) {
            samplesMs.removeFirst();
        }
        samplesMs.addLast(ms);
    }
}
