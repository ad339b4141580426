package io.godwit.agent.migrations;

import io.godwit.migration.SwitchoverGate;
import io.godwit.storage.Verdict;

/// The records' answer in the engine's words.
final class Verdicts {
    private Verdicts() {}

    static SwitchoverGate.Verdict of(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Mine mine -> new SwitchoverGate.Verdict.RunHere(mine.epoch());
            case Verdict.NotMine other -> new SwitchoverGate.Verdict.RunElsewhere(other.host(), other.epoch());
        };
    }
}
