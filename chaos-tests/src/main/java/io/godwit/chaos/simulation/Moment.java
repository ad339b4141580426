package io.godwit.chaos.simulation;

/// The moments at which an accident does the most harm, and which chance alone would hardly ever hit.
enum Moment {
    /// A host asks for a record that lets it start a guest: its agent is gone before it knows the outcome.
    CLAIM,

    /// A coordinator asks a host to take over what another left behind: the dead one comes back, or who is asked
    /// hesitates.
    TAKEOVER,

    /// The record of a takeover is written: the new owner has an accident of its own.
    TAKEN_OVER,

    /// A host has seen that failover was switched off or on, and follows.
    SWITCH
}
