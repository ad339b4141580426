package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Waits with a limit, and says in a sentence what was waited for.
final class Waiting {
    private Waiting() {}

    /// The future's value, or a [HypervisorException] if it fails, or does not complete in time.
    ///
    /// @param what what is awaited, to follow "Waited in vain for"
    static <T> T on(Future<T> future, Duration timeout, String what) throws HypervisorException {
        try {
            return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new HypervisorException("Waited in vain for " + what + ", ms: " + timeout.toMillis(), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof HypervisorException) {
                // A new one, for the other has the stack of the thread that noticed the failure.
                throw new HypervisorException(String.valueOf(cause.getMessage()), cause);
            }
            throw new HypervisorException("Failed to get " + what + ": " + cause.getMessage(), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypervisorException("Interrupted while waiting for " + what, e);
        }
    }

    /// Sleeps between two looks at something that tells nobody when it changes.
    static void pause(Duration duration) throws HypervisorException {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypervisorException("Interrupted while waiting", e);
        }
    }
}
