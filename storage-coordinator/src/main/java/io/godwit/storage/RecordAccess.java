package io.godwit.storage;

import io.godwit.storage.zookeeper.PemKeyStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How this host and ZooKeeper prove themselves to each other, and who may see the records.
///
/// @param tls      null to speak in the clear
/// @param secrets  the cluster's credential; none leaves the records open to whoever reaches ZooKeeper. With
///                 more than one each of them opens the records, so that one can be exchanged while agents run
public record RecordAccess(@Nullable Tls tls, List<String> secrets) {
    /// In the clear, and open to everybody.
    public static final RecordAccess OPEN = new RecordAccess(null, List.of());

    public RecordAccess {
        secrets = List.copyOf(secrets);
    }

    /// Says nothing of the secrets but how many there are.
    @Override
    public String toString() {
        return "RecordAccess[tls=" + tls + ", secrets=" + secrets.size() + "]";
    }

    /// Mutual TLS 1.3: the servers must show a certificate of the authority for the name they are reached by.
    ///
    /// @param authority    PEM
    /// @param certificate  PEM, this host's
    /// @param key          PEM, PKCS#8, not encrypted
    /// @param keyStore     a file to be written on connecting, readable by its owner only: ZooKeeper's client
    ///                     wants key and certificate in one, and reads it again at each connection
    public record Tls(Path authority, Path certificate, Path key, Path keyStore) {
        /// Puts a key and its certificate into one file, readable by its owner only. ZooKeeper's servers want
        /// that too.
        ///
        /// @throws IOException if one of the files cannot be read or the key store not be written, which is
        ///                     then as it was
        public static void join(Path certificate, Path key, Path keyStore) throws IOException {
            PemKeyStore.write(certificate, key, keyStore);
        }
    }
}
