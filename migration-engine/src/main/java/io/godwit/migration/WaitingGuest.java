package io.godwit.migration;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;

/// A guest of this host that runs with pages missing since before this agent started. It is held by its
/// memory alone: until its pages come it may answer nothing, for the thread of its hypervisor that would
/// answer may be waiting for one of them. So whoever starts again lets [MigrationEngine#awaitPages] care for
/// such guests first, and asks them for anything afterwards.
public interface WaitingGuest {
    String name();

    GuestMemory memory();

    /// Takes over from the holder before.
    MissingPages missingPages() throws HypervisorException;

    /// Whether its process has ended.
    boolean gone();

    /// No page is missing any more. Called at most once, instead of [#lost].
    void arrived();

    /// The source does not have the missing pages any more, so the guest can never run on: it is to be ended.
    /// When this returns the source is told that nobody waits any more. Called at most once, instead of
    /// [#arrived].
    void lost(String reason);
}
