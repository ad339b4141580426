package io.godwit.shim.synthetic;

import io.godwit.shim.HypervisorException;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// What tests have asked to happen at the next operations of each kind, in order.
final class SyntheticFaults {
    private final Map<SyntheticOperation, Queue<SyntheticHypervisor.Hook>> hooks =
            new EnumMap<>(SyntheticOperation.class);

    synchronized void add(SyntheticOperation operation, SyntheticHypervisor.Hook hook) {
        hooks.computeIfAbsent(operation, key -> new ArrayDeque<>()).add(hook);
    }

    /// Called first by every operation, outside of all locks, for a hook may wait.
    void before(SyntheticOperation operation) throws HypervisorException {
        SyntheticHypervisor.Hook hook = next(operation);
        if (hook != null) {
            hook.run();
        }
    }

    private synchronized SyntheticHypervisor.@Nullable Hook next(SyntheticOperation operation) {
        Queue<SyntheticHypervisor.Hook> queue = hooks.get(operation);
        return queue == null ? null : queue.poll();
    }
}
