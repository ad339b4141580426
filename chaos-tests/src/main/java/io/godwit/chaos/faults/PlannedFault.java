package io.godwit.chaos.faults;

import io.godwit.chaos.faults.FaultKind.Target;

/// One fault of a plan.
///
/// @param number   in the run, from 1
/// @param host     from 1; of those a host is concerned by
/// @param other    another host, from 1
/// @param guest    from 1
/// @param startMs  after the begin of its round
/// @param holdMs   until it is undone
public record PlannedFault(int number, FaultKind kind, int host, int other, int guest, long startMs, long holdMs) {

    public long endMs() {
        return startMs + holdMs;
    }

    /// What is done to whom.
    public String words() {
        String whom = switch (kind.target()) {
            case AGENT, HOST -> "h" + host;
            case CABLE ->
                kind == FaultKind.CUT_BETWEEN_HOSTS || kind == FaultKind.CUT_ONE_WAY
                        ? "h" + host + ", h" + other
                        : "h" + host;
            case GUEST -> "g" + guest;
            case ZOOKEEPER -> "ZooKeeper";
            case STORAGE -> "image server";
        };
        return "%s: %s, for %d ms".formatted(whom, kind.words(), holdMs);
    }

    /// Whether this and that meet on the same thing, so that undoing one could undo the other.
    boolean collides(PlannedFault that) {
        return concerns(that) || that.concerns(this);
    }

    private boolean concerns(PlannedFault that) {
        return switch (kind.target()) {
            case ZOOKEEPER -> that.kind.target() == Target.ZOOKEEPER;
            case STORAGE -> that.kind.target() == Target.STORAGE;
            case GUEST -> that.kind.target() == Target.GUEST && guest == that.guest;
            case AGENT -> that.kind.target() == Target.AGENT && host == that.host;
            // Cuts go by pairs of hosts, so two of them are kept off each other altogether.
            case CABLE -> that.kind.target() == Target.CABLE;
            case HOST ->
                switch (that.kind.target()) {
                    case AGENT, HOST -> host == that.host;
                    case CABLE -> host == that.host || host == that.other;
                    case GUEST, ZOOKEEPER, STORAGE -> false;
                };
        };
    }
}
