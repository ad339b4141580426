package io.godwit.chaos.simulation;

/// What one run is about: each seed draws its own.
///
/// @param leaseEnforced whether hosts stop their guests without ZooKeeper, so that others may take these over
/// @param storage       where the images are
/// @param wildClocks    whether clocks are further off than a lease allows: then only the storage's fence can be relied
///                      on, and only what it promises is checked
/// @param terms         which lease, and how long a session lives without a sign of life
record Setting(boolean leaseEnforced, Storage storage, boolean wildClocks, Terms terms) {
    /// A clock may be wrong by a fifth where no lease depends on it.
    private static final int WILD_PER_MILLE = 200;

    /// In parts in ten thousand, what a lease allows for.
    private static final int TAME_PER_TEN_THOUSAND = 10;

    enum Storage {
        /// A directory without working image locks.
        PLAIN,

        /// A directory whose image locks work.
        LOCKED,

        /// An image server.
        SERVER
    }

    static Setting drawn(Dice dice) {
        boolean enforced = dice.chance(750);
        Storage storage = switch ((int) dice.between(1, 10)) {
            case 1, 2, 3 -> Storage.PLAIN;
            case 4, 5 -> Storage.LOCKED;
            default -> Storage.SERVER;
        };
        boolean wild = !enforced || (storage == Storage.SERVER && dice.chance(150));
        Terms terms = switch ((int) dice.between(1, 10)) {
            case 1, 2, 3 -> Terms.USUAL;
            case 4, 5 -> Terms.PATIENT;
            default -> Terms.SHORT;
        };
        return new Setting(enforced, storage, wild, terms);
    }

    /// @return how much longer than the truth a second of some host's clock takes
    double clockRate(Dice dice) {
        return wildClocks
                ? 1 + dice.between(-WILD_PER_MILLE, WILD_PER_MILLE) / 1_000.0
                : 1 + dice.between(-TAME_PER_TEN_THOUSAND, TAME_PER_TEN_THOUSAND) / 10_000.0;
    }

    /// Whether a guest may be found executing on two hosts although all is well: with clocks that are too far off for
    /// a lease, the storage alone has to keep its image whole.
    boolean onlyFenced() {
        return leaseEnforced && wildClocks;
    }

    /// On a plain directory a host that stands still past the deadline of its lease runs its guests for a moment when
    /// it goes on, and nothing refuses what they write then. The lease does not cover that, and neither does a run.
    boolean freezesOutliveLeases() {
        return !leaseEnforced || storage != Storage.PLAIN;
    }

    /// A lease lets another owner start some time after the former has paused at the earliest; what the storage keeps
    /// for longer than that can still arrive afterwards, unless the storage itself refuses it.
    long writeDelayMicrosMax() {
        if (!leaseEnforced) {
            return 2 * Scheduler.SECOND;
        }
        return storage == Storage.SERVER ? 5 * Scheduler.SECOND : terms.quietMicros() - 100 * Scheduler.MS;
    }

    /// A machine boots for longer than its last write is under way.
    long bootMicrosMin() {
        return storage == Storage.SERVER ? Scheduler.SECOND : writeDelayMicrosMax() + 100 * Scheduler.MS;
    }
}
