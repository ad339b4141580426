package io.godwit.shim;

/// Tells which pages of a guest were written.
///
/// The promise everything rests on: if a scan leaves a page's bit clear, the page still holds what it held at
/// the time of the
/// scan before, whoever wrote to it (guest processors or emulated devices). A set bit promises nothing. So: scan
/// first, read the pages after; a write that comes in between is reported again by the next scan.
///
/// Not safe for use by several threads at once.
public interface DirtyTracker extends AutoCloseable {

    /// Sets the bit of every page written since the scan before, and starts afresh. The first scan sets all bits.
    /// Leaves bits already set alone. On failure nothing may be concluded about any page: start a new tracker.
    ///
    /// @return the number of pages reported as written
    long scan(PageBitmap into) throws HypervisorException;

    /// Stops tracking. The guest runs on unharmed. Idempotent; never throws, for it is called on every failure
    /// path: what could not be undone is logged, and replaced by the next tracker.
    @Override
    void close();
}
