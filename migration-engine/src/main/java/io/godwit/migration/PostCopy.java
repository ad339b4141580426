package io.godwit.migration;

/// Whether a guest may be switched over while pages of it are still at the source, which bring themselves in
/// behind it. It then stands still for a few milliseconds only, however much it writes; but until the last
/// page has come, the loss of either host is the loss of the guest.
///
/// @param start when
/// @param owed  remembers that this host must not let go of the pages it has
public record PostCopy(Start start, PagesOwed owed) {
    public static final PostCopy NEVER = new PostCopy(Start.NEVER, PagesOwed.NOT_REMEMBERED);

    public enum Start {
        NEVER,
        /// As soon as every page was sent once, unless what is left fits into the downtime budget anyway.
        AFTER_FIRST_ROUND,
        /// When the migration would otherwise be given up because it does not converge.
        INSTEAD_OF_GIVING_UP
    }
}
