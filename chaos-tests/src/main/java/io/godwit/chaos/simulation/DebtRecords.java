package io.godwit.chaos.simulation;

import io.godwit.storage.Debt;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What is owed to guests, as ZooKeeper has it.
final class DebtRecords {
    private final World world;
    private final Map<SimulatedGuest, History<Owed>> owed = new HashMap<>();

    private record Owed(@Nullable Debt debt) {}

    DebtRecords(World world) {
        this.world = world;
    }

    @Nullable
    Debt newest(SimulatedGuest guest) {
        return history(guest).newest().debt();
    }

    @Nullable
    Debt at(SimulatedGuest guest, long micros) {
        return history(guest).at(micros).debt();
    }

    /// Whether a change with this wish is refused.
    boolean refuses(SimulatedGuest guest, DebtWish wish, long micros) {
        return wish instanceof DebtWish.Continue && at(guest, micros) == null;
    }

    /// The change is applied.
    void apply(SimulatedGuest guest, DebtWish wish) {
        switch (wish) {
            case DebtWish.Untouched _ -> {}
            case DebtWish.Clear _ -> set(guest, null);
            case DebtWish.Note(Debt debt) -> set(guest, debt);
            case DebtWish.Continue(Debt debt) -> set(guest, debt);
        }
    }

    void set(SimulatedGuest guest, @Nullable Debt debt) {
        if (!Objects.equals(newest(guest), debt)) {
            world.trace().note(Network.ZOOKEEPER, guest.name(), "owed", debt == null ? 0 : 1, String.valueOf(debt));
            history(guest).add(new Owed(debt), world.clock().nowMicros());
        }
    }

    private History<Owed> history(SimulatedGuest guest) {
        return owed.computeIfAbsent(guest, _ -> new History<>(new Owed(null)));
    }
}
