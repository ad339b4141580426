package io.godwit.agent.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What every host has of a guest against its record, and what was done about it.
///
/// @param record   when the recovery began
/// @param after    when it had ended; the same with `dryRun`
/// @param settled  whether every host answered and nothing is left to put right
public record RecoveryView(
        String guest, RecordView record, RecordView after, boolean dryRun, boolean settled, List<HostView> hosts) {
    public RecoveryView {
        hosts = List.copyOf(hosts);
    }

    /// A guest's owner record.
    ///
    /// @param state   `none`, `running`, `handover` or `stopped`
    /// @param host    the owner, of a stopped guest the last; empty if there is no record
    /// @param target  of a handover; empty otherwise
    public record RecordView(String state, String host, String target, long epoch) {}

    /// One host's part.
    ///
    /// @param found    null if it did not answer
    /// @param action   what is called for: a constant of `RecoveryPlan.Action` in lower case
    /// @param reason   why, and where nothing can be done, what to do instead
    /// @param outcome  what its agent did, or why it did not; empty if it was not asked to do anything
    /// @param settled  whether nothing is left to do there
    public record HostView(
            String host, @Nullable PresenceView found, String action, String reason, String outcome, boolean settled) {}
}
