package io.godwit.storage.fencing;

import java.util.List;

/// What an event led to.
public record FenceStep(FenceState next, List<FenceAction> actions) {
    public FenceStep {
        actions = List.copyOf(actions);
    }
}
