package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord.OwnerState.Handover;
import io.godwit.storage.OwnerRecord.OwnerState.Running;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import org.jspecify.annotations.Nullable;

/// Counts what was done, so that a run in which nothing happened cannot pass for one in which all went well.
final class Tally {
    private long handovers;
    private long commits;
    private long takeBacks;
    private long starts;
    private long takeovers;
    private long removals;
    private long kills;
    private long refusedWrites;
    private long faults;
    private long events;

    void wrote(OwnerEvent event, @Nullable OwnerContent before, OwnerContent next) {
        if (next.equals(before)) {
            return;
        }
        if (event instanceof OwnerEvent.TakeOver) {
            takeovers++;
            return;
        }
        if (next.record().state() instanceof Handover) {
            handovers++;
        } else if (next.record().state() instanceof Running) {
            if (before == null || !(before.record().state() instanceof Handover)) {
                starts++;
            } else if (before.record().host().equals(next.record().host())) {
                takeBacks++;
            } else {
                commits++;
            }
        }
    }

    /// The image server has turned a write away.
    void refusedWrite() {
        refusedWrites++;
    }

    /// A guest's records are gone.
    void removed() {
        removals++;
    }

    /// The guard has ended a process.
    void killed() {
        kills++;
    }

    void fault() {
        faults++;
    }

    void event() {
        events++;
    }

    void add(Tally other) {
        handovers += other.handovers;
        commits += other.commits;
        takeBacks += other.takeBacks;
        starts += other.starts;
        takeovers += other.takeovers;
        removals += other.removals;
        kills += other.kills;
        refusedWrites += other.refusedWrites;
        faults += other.faults;
        events += other.events;
    }

    long handovers() {
        return handovers;
    }

    long commits() {
        return commits;
    }

    long takeBacks() {
        return takeBacks;
    }

    long starts() {
        return starts;
    }

    long takeovers() {
        return takeovers;
    }

    long refusedWrites() {
        return refusedWrites;
    }

    long removals() {
        return removals;
    }

    long kills() {
        return kills;
    }

    long faults() {
        return faults;
    }

    long events() {
        return events;
    }
}
