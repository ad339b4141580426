package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;

/// What a call into the C library gave back.
sealed interface CallResult {

    record Value(long value) implements CallResult {}

    record Failure(Errno errno) implements CallResult {}

    /// @param attempt what was tried, as the beginning of a sentence: `Could not open /dev/net/tun`
    default long orThrow(String attempt) throws HypervisorException {
        return switch (this) {
            case Value(long value) -> value;
            case Failure(Errno errno) -> throw new HypervisorException(attempt + ": " + errno);
        };
    }

    default int intOrThrow(String attempt) throws HypervisorException {
        return Math.toIntExact(orThrow(attempt));
    }

    default boolean failedWith(Errno expected) {
        return this instanceof Failure(Errno errno) && errno.equals(expected);
    }
}
