package io.godwit.storage.handover;

import io.godwit.storage.OwnershipException;

/// What an event makes of an owner record.
sealed interface OwnerOutcome {
    /// The record becomes this.
    ///
    /// @param claims  whether the images and addresses change owner too
    record Change(OwnerContent next, boolean claims) implements OwnerOutcome {}

    /// The record, the images and the addresses go away.
    ///
    /// @param retires  no later epoch of these names may be as small as this one
    record Remove(long retires) implements OwnerOutcome {}

    /// The record says already what the event wants.
    ///
    /// @param fence  whether the answer means something only if the record says so *now* and no straying write of
    ///               this host can change it any more: then it is written once more, unchanged, at its version
    record Keep(OwnerContent content, boolean fence) implements OwnerOutcome {}

    /// The record says no.
    ///
    /// @param fence  as in [Keep]: an earlier write of this very change could still arrive and be applied
    record Refuse(OwnershipException.Kind kind, String reason, boolean fence) implements OwnerOutcome {}
}
