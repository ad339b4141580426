package io.godwit.migration;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.UUID;

/// The source agent's memory of a debt: a guest that runs elsewhere and whose pages are partly still here.
/// Whoever finds its paused copy, also after a restart, must keep it and go on serving its pages until they
/// are paid.
public interface PagesOwed {
    /// No guest ever has this epoch.
    long EPOCH_NOT_KNOWN = 0;

    /// For those who do not outlive the migration.
    PagesOwed NOT_REMEMBERED = new PagesOwed() {
        @Override
        public long owe(Debt debt) {
            // Whoever chose this has no next life to remember for.
            return EPOCH_NOT_KNOWN;
        }

        @Override
        public void paid() {
            // As above.
        }
    };

    /// From now on the target may take the guest with pages missing. Must be on disk when this returns; on
    /// failure the guest is not switched over.
    ///
    /// @return the epoch in which the target has the guest if it takes it: in any other it is not the guest that
    /// the pages belong to. [#EPOCH_NOT_KNOWN] leaves that to whatever the record says at the commit
    long owe(Debt debt) throws IOException;

    /// Nothing is owed (any more): everything has arrived, or the guest never left, or nobody needs it. Does
    /// not fail.
    void paid();

    /// @param migration  by which the target knows the debt
    /// @param target     where its engine listens
    record Debt(UUID migration, String targetHost, InetSocketAddress target) {}

    /// What became of a debt.
    enum Outcome {
        /// The target has every page: the copy here is of no further use.
        PAID,
        /// The guest that needed the pages is no more: nor is the copy here of any use.
        NOT_OWED,
        /// The engine was closed: the copy here must be kept.
        STILL_OWED
    }
}
