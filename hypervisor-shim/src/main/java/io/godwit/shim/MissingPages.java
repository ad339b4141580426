package io.godwit.shim;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// A guest some of whose pages are still elsewhere. Whoever touches such a page (a guest processor, an
/// emulated device) stands still there until the page is placed, and then goes on as if it had always been
/// there.
///
/// A page counts as missing as long as the RAM file has a hole there. So [GuestMemory#zero] makes pages
/// missing, and until [#complete] nobody may read or write the guest's memory through [GuestMemory#pages]:
/// even a look at a hole fills it with zeros, and the guest would take these for the page.
///
/// What is placed, by [#place], [#placeZeros] or the guest itself, is never overwritten by a later placing:
/// pages that are there already are left alone. Each page is placed whole; nobody sees half of one.
///
/// Safe for use by several threads, but [#awaitFaults] is for one at a time.
public interface MissingPages extends AutoCloseable {
    /// Enough for [#awaitFaults] to tell all that a guest's threads usually wait for.
    int FAULTS_MAX = 64;

    /// Waits until somebody has touched a page that is missing, and tells which. Each fault is told once; one
    /// that was told to a holder before this one is told again. Pages may be told that are there by now:
    /// placing them once more does no harm and lets the one who waits go on.
    ///
    /// @param into receives page numbers; one page may be told several times
    /// @return how many; 0 after the timeout, or once the guest is gone
    /// @throws HypervisorException if this was closed or completed
    int awaitFaults(long[] into, Duration timeout) throws HypervisorException;

    /// Places the content of consecutive pages and lets go on whoever waits for them.
    ///
    /// @param content whole pages; the number of pages is its size
    /// @return how many pages were missing until now, and have this content; the others were left alone
    /// @throws HypervisorException if some page could not be placed, for instance because the guest is gone;
    /// what was placed stays
    /// @throws IndexOutOfBoundsException as [GuestMemory#pages]
    long place(long firstPage, MemorySegment content) throws HypervisorException;

    /// As [#place], with pages of zeros.
    long placeZeros(long firstPage, long pageCount) throws HypervisorException;

    /// Nothing is missing any more: from now on a hole is a page of zeros again, and nobody waits. Closes
    /// this. On failure pages that were never placed go on to count as missing.
    void complete() throws HypervisorException;

    /// Lets go without an end: the guest goes on, and who touches a missing page waits until another holder
    /// places it ([Guest#missingPages] again, also in another process), or for ever. Idempotent; never
    /// throws.
    @Override
    void close();
}
