package io.godwit.storage.zookeeper;

import io.godwit.storage.RecordAccess;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.curator.framework.AuthInfo;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/// Who may do what with the nodes of this cluster: whoever knows one of its secrets everything, others nothing.
/// Names are named outright; ZooKeeper's "whoever created it" would let in each single certificate as well.
final class RecordAcl {
    private static final String SCHEME = "digest";
    private static final String USER = "godwit";

    private final List<String> secrets;
    private final List<ACL> acl;

    RecordAcl(RecordAccess access) {
        secrets = access.secrets();
        acl = secrets.isEmpty()
                ? List.of(new ACL(ZooDefs.Perms.ALL, new Id("world", "anyone")))
                : secrets.stream()
                        .map(secret -> new ACL(ZooDefs.Perms.ALL, new Id(SCHEME, USER + ":" + digest(secret))))
                        .toList();
    }

    /// Whether there is a secret at all.
    boolean closes() {
        return !secrets.isEmpty();
    }

    /// @return what every node of ours is created with
    List<ACL> list() {
        return new ArrayList<>(acl);
    }

    /// @return what every session of ours says of itself
    List<AuthInfo> credentials() {
        return secrets.stream()
                .map(secret -> new AuthInfo(SCHEME, (USER + ":" + secret).getBytes(StandardCharsets.US_ASCII)))
                .toList();
    }

    /// Whether anybody who has no secret can do anything with a node. A secret we do not know counts as one:
    /// during an exchange some hosts know it already.
    static boolean isOpen(List<ACL> found) {
        return found.isEmpty()
                || found.stream().anyMatch(entry -> !SCHEME.equals(entry.getId().getScheme()));
    }

    // What the servers' digest provider computes of "user:secret". SHA-1 is theirs; a long random secret, which the
    // check of its file asks for, cannot be guessed from it.
    private static String digest(String secret) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            byte[] digest = sha1.digest((USER + ":" + secret).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-1", e);
        }
    }
}
