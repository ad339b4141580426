package io.godwit.storage;

/// The cluster's switch, `/godwit/failover`: whether guests of hosts that have died are started elsewhere, and
/// hosts stop theirs when they have lost ZooKeeper. It does nothing by itself: each host acts on it, and says in
/// its own record how far it is. A takeover compares the version of this node too.
///
/// @param by       who turned it, in an operator's words
/// @param sinceMs  when, milliseconds since 1970 by that host's clock: for people only
/// @param version  of the node; -1 if there is none, which means on
public record FailoverSwitch(boolean on, String by, long sinceMs, int version) {
    public static final int BY_LENGTH_MAX = 200;

    /// Nobody has ever turned it.
    public static final FailoverSwitch UNTOUCHED = new FailoverSwitch(true, "", 0, -1);
}
