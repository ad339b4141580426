package io.godwit.chaos.simulation;

/// The accidents that are events of their own. Loss, delay and duplication are [Trouble].
enum Fault {
    /// The agent's process dies and is started again.
    AGENT_CRASH,

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

    /// ZooKeeper ends the session of a host.
    SESSION_EXPIRY
}
