package io.godwit.migration.precopy;

/// What a switchover costs with nothing left to send: pause, device state, commit, resume. Learned from each one
/// that completes on this host.
public final class FixedCost {
    private static final double FIRST_GUESS_MS = 15;
    private static final double WEIGHT_OF_NEWEST = 0.5;
    private static final double MS_MAX = 2_000;

    private double ms = FIRST_GUESS_MS;

    public synchronized double ms() {
        return ms;
    }

    public synchronized void learn(double measuredMs) {
        double bounded = Math.clamp(measuredMs, 1, MS_MAX);
        ms += WEIGHT_OF_NEWEST * (bounded - ms);
    }

    /// A migration was given up before its switchover. Without this a single slow switchover, learned on a busy
    /// day, could keep every later migration from ever trying one, and so from learning better.
    public synchronized void doubt() {
        ms += WEIGHT_OF_NEWEST * (Math.min(ms, FIRST_GUESS_MS) - ms);
    }
}
