package io.godwit.migration;

import java.io.IOException;

/// The engine's question "may this host run the guest?", for one guest and one migration. The agent answers
/// with the owner record: the record alone decides, never a message from the other host and never its absence.
///
/// The source calls [#beginHandover] before it pauses the guest, and [#takeBack] if anything fails from then
/// on. The target calls [#commit] once the guest is complete there. Of a `takeBack` and a `commit` exactly one
/// succeeds, whatever order they come in, however often, and whichever answers are lost.
public interface SwitchoverGate {

    /// Source: records that the target may take the guest from now on. The guest still belongs to the source,
    /// which runs it until it pauses it. On success the record says HANDOVER.
    ///
    /// @throws GateClosed if the record was not changed and never will be by this call: the source just runs on
    void beginHandover() throws GateClosed, InterruptedException;

    /// Source: takes the guest back. Waits, however long that takes, until the record's content is *known*; the
    /// guest must stay paused until then. Also right to call if [#beginHandover] did not complete.
    Verdict takeBack() throws InterruptedException;

    /// Target: [#commit] is near, and what it has to look at may be looked at now, while the guest stands still
    /// for other reasons. Changes nothing, decides nothing, and makes no difference but in time.
    void expectCommit() throws InterruptedException;

    /// Target: takes the guest, with its images and addresses. Waits until the record's content is *known*. The
    /// guest may be resumed on [Verdict.RunHere] and must be destroyed on [Verdict.RunElsewhere].
    Verdict commit() throws InterruptedException;

    /// What the record says. There is no third answer.
    sealed interface Verdict {
        /// This host owns the guest in this epoch and may run it.
        record RunHere(long epoch) implements Verdict {}

        /// This host must not run the guest.
        ///
        /// @param host who owns it, for the report; empty if nobody does
        record RunElsewhere(String host, long epoch) implements Verdict {}
    }

    /// Permission was refused, and nothing was changed. The message is a sentence for the operator.
    final class GateClosed extends IOException {
        private static final long serialVersionUID = 1L;

        public GateClosed(String message) {
            super(message);
        }

        public GateClosed(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
