package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// Something that has to hold after every event. One object watches one run, for some remember what was.
interface Invariant {
    /// @return null if it holds, else what is wrong
    @Nullable
    String broken(World world);
}
