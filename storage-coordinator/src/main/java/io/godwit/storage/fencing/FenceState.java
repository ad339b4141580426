package io.godwit.storage.fencing;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that an image server knows of one image's fence.
///
/// @param floor   the highest grant ever accepted for activation, remembered or not; null if none was
/// @param mark    what certainly stands on the disk; null if nothing does
/// @param writing what is being written to the disk; null if nothing is
/// @param linked  whether the storage daemon can be spoken to
/// @param exports those that may be there; empty while not linked
/// @param request the one that waits for its answer; null if none does
/// @param resting whether the last attempt to bring the active export back failed
public record FenceState(
        @Nullable Grant floor,
        @Nullable Mark mark,
        @Nullable Mark writing,
        boolean linked,
        Map<Grant, Presence> exports,
        @Nullable FenceRequest request,
        boolean resting) {

    public FenceState {
        exports = Map.copyOf(exports);
    }

    /// How far an export has come.
    public enum Presence {
        ADDING,
        THERE,
        REMOVING
    }

    /// As an image server begins: what its disk says, and no word from the daemon yet.
    ///
    /// @param mark as found on the disk; null if there is none
    public static FenceState begin(@Nullable Mark mark) {
        return new FenceState(mark == null ? null : mark.grant(), mark, null, false, Map.of(), null, false);
    }
}
