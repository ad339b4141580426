package io.godwit.migration.precopy;

import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport.Result;

/// Where a migration is at its source, with what only that place knows.
sealed interface SourceState {
    Phase phase();

    record Preflight() implements SourceState {
        @Override
        public Phase phase() {
            return Phase.PREFLIGHT;
        }
    }

    record Preparing() implements SourceState {
        @Override
        public Phase phase() {
            return Phase.PREPARE;
        }
    }

    /// @param handoverBegun whether the record says HANDOVER already
    record Rounds(boolean handoverBegun) implements SourceState {
        @Override
        public Phase phase() {
            return handoverBegun ? Phase.HANDOVER : Phase.ROUNDS;
        }
    }

    /// From here on only the gate knows who may run the guest.
    record HandingOver() implements SourceState {
        @Override
        public Phase phase() {
            return Phase.HANDOVER;
        }
    }

    /// @param wasPaused the guest was paused before the migration paused it, and stays so
    record SwitchingOver(boolean wasPaused) implements SourceState {
        @Override
        public Phase phase() {
            return Phase.SWITCHOVER;
        }
    }

    record AwaitingCommit(boolean wasPaused) implements SourceState {
        @Override
        public Phase phase() {
            return Phase.COMMIT;
        }
    }

    /// The guest runs at the target and misses pages: what is here of it must be kept.
    record ServingPages(long epoch) implements SourceState {
        @Override
        public Phase phase() {
            return Phase.LATE_PAGES;
        }
    }

    record Finishing(long epoch) implements SourceState {
        @Override
        public Phase phase() {
            return Phase.FINISH;
        }
    }

    /// Asking the record, and letting the guest run on if it is ours.
    record TakingBack() implements SourceState {
        @Override
        public Phase phase() {
            return Phase.FINISH;
        }
    }

    record Done(Result result) implements SourceState {
        @Override
        public Phase phase() {
            return Phase.DONE;
        }
    }
}
