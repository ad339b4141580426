package io.godwit.chaos.simulation;

/// The accidents that are events of their own. Loss, delay and duplication are [Trouble].
enum Fault {
    /// The agent's process dies and is started again.
    AGENT_CRASH,

    /// The agent is ended in order, as for an upgrade, and started again.
    AGENT_UPGRADE,

    /// The guard's process dies, and perhaps none can be started for a while.
    GUARD_DEATH,

    /// The agent's process stands still, perhaps longer than anybody waits; its guests run on.
    AGENT_FREEZE,

    /// The whole machine stands still, its guests too.
    HOST_FREEZE,

    /// The machine loses its power and boots again.
    HOST_REBOOT,

    /// The machine loses its power for good.
    HOST_LOST,

    /// A guest's process dies.
    HYPERVISOR_DEATH,

    /// Two hosts do not reach each other.
    PARTITION,

    /// One host does not reach another, which reaches it.
    ONE_WAY_PARTITION,

    /// A host does not reach ZooKeeper, or hears nothing from it, or both.
    ZOOKEEPER_CUT,

    /// ZooKeeper has no leader for a while.
    LEADER_CHANGE,

    /// ZooKeeper ends the session of a host, before its time. Only where no lease is enforced: that a session lives for
    /// its timeout is what a lease stands on.
    SESSION_EXPIRY,

    /// One of ZooKeeper's followers and its leader do not reach each other.
    FOLLOWER_CUT,

    /// The image server stands still.
    STORAGE_STALL,

    /// What exports the images is started again.
    STORAGE_DAEMON_CRASH,

    /// The agent of the image server is started again.
    STORAGE_AGENT_CRASH,

    /// A host does not reach the image server, or hears nothing from it, or both.
    STORAGE_CUT,

    /// An operator switches failover off for a while, or for good.
    FAILOVER_OFF
}
