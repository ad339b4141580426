package io.godwit.storage;

import io.godwit.storage.zookeeper.EnsembleProbe;
import io.godwit.storage.zookeeper.RecordProtector;
import java.io.IOException;
import java.util.Optional;

/// Looks at the ensemble and at who may see the records, apart from any agent: for `doctor` and for the command
/// that closes records that were open.
public final class RecordsCheck {
    private RecordsCheck() {}

    /// Connects to one server, and with TLS shakes hands with it. Takes some seconds at most.
    ///
    /// @param server  `host:port`, one of those in the connect string
    /// @return what is in the way, a sentence that names the server; empty if nothing is
    public static Optional<String> obstacle(String server, RecordAccess access) {
        return EnsembleProbe.obstacle(server, access);
    }

    /// Opens a session of its own, and changes nothing. Takes some seconds at most.
    ///
    /// @throws IOException if the files of the access cannot be used
    public static Answer ask(OwnershipSettings settings) throws IOException, InterruptedException {
        return EnsembleProbe.ask(settings);
    }

    /// Gives every record to the secrets of the settings and to nobody else. The root comes last, so that a
    /// root that is closed means that everything below it is; can be repeated.
    ///
    /// @return how many nodes were not so before
    /// @throws OwnershipException REFUSED if the settings hold no secret or the records belong to another one,
    ///                            UNKNOWN if there are no records, UNDECIDED if ZooKeeper does not answer: then
    ///                            some are closed and some are not, and it is to be repeated
    /// @throws IOException        if the files of the access cannot be used
    public static int protect(OwnershipSettings settings) throws IOException, InterruptedException {
        return RecordProtector.protect(settings);
    }

    /// What the ensemble says.
    public sealed interface Answer {
        /// No session in time: no quorum, or none of its servers can be reached.
        record NoSession() implements Answer {}

        /// @param grantedTimeoutMs  the session timeout
        record Session(int grantedTimeoutMs, Records records) implements Answer {}

        /// A session, and then a request that failed.
        record Failed(String reason) implements Answer {}
    }

    /// Who may see the records.
    public enum Records {
        /// There are none yet.
        NONE,
        /// Whoever reaches ZooKeeper.
        OPEN,
        /// Those who have the secret of these settings.
        PROTECTED,
        /// Others: these settings hold no secret, or another one.
        CLOSED
    }
}
