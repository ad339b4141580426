package io.godwit.agent.rehearsal;

import io.godwit.migration.SwitchoverGate;

/// The record of a guest that exists for one rehearsal, and the gates of both sides to it. Both sides are this host,
/// so the record says which side the guest belongs to.
final class RehearsedRecord {
    private final String host;
    private Stage stage = Stage.AT_SOURCE;

    RehearsedRecord(String host) {
        this.host = host;
    }

    private enum Stage {
        AT_SOURCE,
        HANDOVER,
        AT_TARGET
    }

    SwitchoverGate sourceGate() {
        return new Gate(Stage.AT_SOURCE);
    }

    SwitchoverGate targetGate() {
        return new Gate(Stage.AT_TARGET);
    }

    private synchronized void offer() {
        stage = Stage.HANDOVER;
    }

    /// Of two that want to settle it, the first does.
    private synchronized SwitchoverGate.Verdict settle(Stage side) {
        if (stage == Stage.HANDOVER) {
            stage = side;
        }
        long epoch = stage == Stage.AT_TARGET ? 2 : 1;
        return stage == side
                ? new SwitchoverGate.Verdict.RunHere(epoch)
                : new SwitchoverGate.Verdict.RunElsewhere(host, epoch);
    }

    private final class Gate implements SwitchoverGate {
        private final Stage side;

        Gate(Stage side) {
            this.side = side;
        }

        @Override
        public void beginHandover() {
            offer();
        }

        @Override
        public Verdict takeBack() {
            return settle(side);
        }

        @Override
        public void expectCommit() {
            // It is at hand.
        }

        @Override
        public Verdict commit() {
            return settle(side);
        }
    }
}
