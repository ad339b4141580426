package io.godwit.benchmarks.run;

import java.util.Optional;
import java.util.function.Consumer;

/// Makes what may fail once more if it failed, for a lab has many parts.
final class Attempts {
    private static final int MOST = 2;

    private Attempts() {}

    interface Action<T> {
        T run() throws InterruptedException;
    }

    /// @param afterFailure hears of each failure, before anything is made again
    /// @return empty if it failed twice
    /// @throws InterruptedException if the thread was interrupted, whatever came of it: then nothing is made again
    static <T> Optional<T> twice(Action<T> action, Consumer<RuntimeException> afterFailure)
            throws InterruptedException {
        for (int attempt = 1; attempt <= MOST; attempt++) {
            try {
                return Optional.of(action.run());
            } catch (RuntimeException e) {
                if (Thread.interrupted()) {
                    InterruptedException interrupted = new InterruptedException("Interrupted in a run");
                    interrupted.addSuppressed(e);
                    throw interrupted;
                }
                afterFailure.accept(e);
            }
        }
        return Optional.empty();
    }
}
