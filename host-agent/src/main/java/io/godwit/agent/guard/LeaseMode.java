package io.godwit.agent.guard;

import java.util.OptionalLong;

/// How this host gets from enforcing its lease to not enforcing it, and back. Pure.
///
/// The order is what others rely on: whenever the host's record may say that the lease is enforced, it is. So it
/// is enforced first and recorded after, and given up only once the record is known not to say it any more.
///
/// | wanted | the record says | the guests | next |
/// |---|---|---|---|
/// | enforced | what is wanted | have deadlines | nothing |
/// | enforced | anything else, or unknown | any | enforce, then record |
/// | not enforced | anything but 0, or unknown | any | record 0 |
/// | not enforced | 0 | have deadlines | relax |
/// | not enforced | 0 | have none | nothing |
final class LeaseMode {
    private OptionalLong recordedMs;
    private boolean relaxed;

    sealed interface Step {
        record Nothing() implements Step {}

        record EnforceThenRecord(long takeoverWaitMs) implements Step {}

        record RecordNone() implements Step {}

        record Relax() implements Step {}
    }

    /// @param recordedMs what the record says
    LeaseMode(long recordedMs, boolean relaxed) {
        this.recordedMs = OptionalLong.of(recordedMs);
        this.relaxed = relaxed;
        check();
    }

    Step next(boolean wanted, long takeoverWaitMs) {
        if (wanted) {
            return !relaxed && says(takeoverWaitMs) ? new Step.Nothing() : new Step.EnforceThenRecord(takeoverWaitMs);
        }
        if (!says(0)) {
            return new Step.RecordNone();
        }
        return relaxed ? new Step.Nothing() : new Step.Relax();
    }

    /// From here on every guest has a deadline, or is about to be given one: it does not matter which, as long as
    /// nothing is recorded.
    void enforcing() {
        relaxed = false;
    }

    /// A request to record something is about to be sent: it may be applied unheard.
    void recording() {
        recordedMs = OptionalLong.empty();
        check();
    }

    /// The record is known to say this.
    void recorded(long takeoverWaitMs) {
        recordedMs = OptionalLong.of(takeoverWaitMs);
        check();
    }

    void relaxed() {
        relaxed = true;
        check();
    }

    boolean isRelaxed() {
        return relaxed;
    }

    boolean isRecorded() {
        return recordedMs.orElse(0) > 0;
    }

    private boolean says(long takeoverWaitMs) {
        return recordedMs.isPresent() && recordedMs.getAsLong() == takeoverWaitMs;
    }

    private void check() {
        if (relaxed && !says(0)) {
            throw new IllegalStateException("The record may say that the lease is enforced, and it is not");
        }
    }
}
