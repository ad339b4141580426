package io.godwit.chaos.faults;

/// What can go wrong. Each kind lasts for a time within its bounds; then whatever it did is undone, as the world
/// would: a service manager restarts, a cable is put back.
public enum FaultKind {
    AGENT_KILLED("an agent is killed and restarted", Target.AGENT, 300, 4_000),
    /// Longer than the lease of a session of 6 s.
    AGENT_FROZEN("an agent stands still for longer than its lease", Target.AGENT, 7_500, 10_000),
    AGENT_RESTARTED("an agent is restarted orderly", Target.AGENT, 300, 2_000),
    GUARD_KILLED("a host's guard is killed", Target.AGENT, 100, 1_000),
    GUARD_FROZEN("a host's guard stands still", Target.AGENT, 1_000, 6_000),
    QEMU_KILLED("a guest's QEMU is killed", Target.GUEST, 100, 500),
    POWER_LOST("a host loses its power", Target.HOST, 2_000, 12_000),
    CUT_FROM_ZOOKEEPER("nothing passes between a host and ZooKeeper", Target.CABLE, 1_000, 10_000),
    CUT_TO_ZOOKEEPER("what a host sends to ZooKeeper is lost", Target.CABLE, 1_000, 10_000),
    CUT_BACK_FROM_ZOOKEEPER("what ZooKeeper sends to a host is lost", Target.CABLE, 1_000, 10_000),
    CUT_BETWEEN_HOSTS("nothing passes between two hosts' agents", Target.CABLE, 500, 6_000),
    CUT_ONE_WAY("what one host's agent sends to another's is lost", Target.CABLE, 500, 6_000),
    CUT_OFF("a host's cable is pulled out", Target.CABLE, 500, 9_000),
    LINK_SLOW("a host's cable passes little and loses the rest", Target.CABLE, 1_000, 6_000),
    ZOOKEEPER_LEADER_KILLED("ZooKeeper's leader is killed and restarted", Target.ZOOKEEPER, 500, 4_000),
    ZOOKEEPER_FROZEN("a server of ZooKeeper stands still", Target.ZOOKEEPER, 2_000, 8_000),
    MIGRATION_CANCELLED("a migration is cancelled", Target.GUEST, 100, 1_500),
    STORAGE_STALLED("the daemon that serves the images stands still", Target.STORAGE, 1_000, 3_000),
    STORAGE_KILLED("the daemon that serves the images is killed", Target.STORAGE, 100, 500),
    STORAGE_AGENT_KILLED("the agent of the host that serves the images is killed", Target.STORAGE, 300, 4_000);

    /// What it concerns: two faults that concern the same are never in effect at once.
    enum Target {
        AGENT,
        /// Agent, guests and cable.
        HOST,
        CABLE,
        GUEST,
        ZOOKEEPER,
        STORAGE
    }

    private final String words;
    private final Target target;
    private final long holdMsMin;
    private final long holdMsMax;

    FaultKind(String words, Target target, long holdMsMin, long holdMsMax) {
        this.words = words;
        this.target = target;
        this.holdMsMin = holdMsMin;
        this.holdMsMax = holdMsMax;
    }

    /// Whether it needs a host that serves images.
    public boolean ofStorage() {
        return target == Target.STORAGE;
    }

    public String words() {
        return words;
    }

    Target target() {
        return target;
    }

    long holdMsMin() {
        return holdMsMin;
    }

    long holdMsMax() {
        return holdMsMax;
    }
}
