package io.godwit.storage;

/// What a guest's owner record says to the host that asked.
public sealed interface Verdict {
    /// The asking host owns the guest in this epoch: it may run it.
    record Mine(long epoch) implements Verdict {}

    /// The asking host must not run the guest.
    ///
    /// @param host empty if nobody owns it
    record NotMine(String host, long epoch) implements Verdict {}
}
