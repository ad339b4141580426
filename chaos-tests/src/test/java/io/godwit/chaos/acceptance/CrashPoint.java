package io.godwit.chaos.acceptance;

/// Where in a switchover an agent dies, and whose the guest is afterwards.
enum CrashPoint {
    /// The last moment at which nothing of the handover is recorded.
    SOURCE_BEFORE_HANDOVER(Side.SOURCE, Owner.SOURCE),
    SOURCE_AFTER_HANDOVER(Side.SOURCE, Owner.SOURCE),
    SOURCE_PAUSED(Side.SOURCE, Owner.SOURCE),
    /// The guest has given up its disks, and nothing of its device state has left the host.
    SOURCE_STATE_TAKEN(Side.SOURCE, Owner.SOURCE),
    /// Everything has left the host: the target may commit, or see the connection break before it does.
    SOURCE_STATE_SENT(Side.SOURCE, Owner.EITHER),
    /// The source knows that the guest is the target's, and has not removed its own copy yet.
    SOURCE_AFTER_COMMIT(Side.SOURCE, Owner.TARGET),
    TARGET_PREPARED(Side.TARGET, Owner.SOURCE),
    TARGET_LOADED(Side.TARGET, Owner.SOURCE),
    /// The record is written, and the guest has not run yet.
    TARGET_COMMITTED(Side.TARGET, Owner.TARGET),
    /// The guest runs, and nobody has been told.
    TARGET_RESUMED(Side.TARGET, Owner.TARGET);

    /// Whose agent dies.
    enum Side {
        SOURCE,
        TARGET
    }

    /// Whom the record names once all agents are back.
    enum Owner {
        SOURCE,
        TARGET,
        EITHER
    }

    final Side side;
    final Owner owner;

    CrashPoint(Side side, Owner owner) {
        this.side = side;
        this.owner = owner;
    }
}
