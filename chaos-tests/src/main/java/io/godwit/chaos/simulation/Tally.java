package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord.OwnerState.Handover;
import io.godwit.storage.OwnerRecord.OwnerState.Running;
import io.godwit.storage.handover.OwnerContent;
import org.jspecify.annotations.Nullable;

/// Counts what was done, so that a run in which nothing happened cannot pass for one in which all went well.
final class Tally {
    private int handovers;
    private int commits;
    private int takeBacks;
    private int starts;
    private int faults;

    void wrote(@Nullable OwnerContent before, OwnerContent next) {
        if (next.equals(before)) {
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

    void fault() {
        faults++;
    }

    int handovers() {
        return handovers;
    }

    int commits() {
        return commits;
    }

    int takeBacks() {
        return takeBacks;
    }

    int starts() {
        return starts;
    }

    int faults() {
        return faults;
    }
}
