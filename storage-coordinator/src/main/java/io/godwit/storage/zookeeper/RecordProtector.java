package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.OwnershipSettings;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/// See [io.godwit.storage.RecordsCheck#protect].
public final class RecordProtector {
    private final ZooKeeper client;
    private final List<ACL> acl;

    private RecordProtector(ZooKeeper client, List<ACL> acl) {
        this.client = client;
        this.acl = acl;
    }

    /// See [io.godwit.storage.RecordsCheck#protect].
    public static int protect(OwnershipSettings settings) throws IOException, InterruptedException {
        RecordAcl acl = new RecordAcl(settings.access());
        if (!acl.closes()) {
            throw new OwnershipException(Kind.REFUSED, "There is no secret to protect the records with");
        }
        try (ShortSession session = ShortSession.open(settings)) {
            ZooKeeper client = session.client();
            if (client == null) {
                throw new OwnershipException(Kind.UNDECIDED, "ZooKeeper gives no session: " + settings.connect());
            }
            return new RecordProtector(client, acl.list()).protectAll(settings.root());
        } catch (KeeperException.NoAuthException e) {
            throw new OwnershipException(
                    Kind.REFUSED, "The records belong to another secret than this one: " + e.getPath(), e);
        } catch (KeeperException e) {
            throw new OwnershipException(Kind.UNDECIDED, RecordStore.words(e), e);
        }
    }

    /// Below the root a node comes before what stands under it: once it is closed nobody else can put more
    /// there, so the list of its children is final.
    private int protectAll(String root) throws KeeperException, InterruptedException, OwnershipException {
        if (client.exists(root, false) == null) {
            throw new OwnershipException(Kind.UNKNOWN, "There are no records under " + root);
        }
        int changed = 0;
        Deque<String> left = new ArrayDeque<>(children(root));
        while (!left.isEmpty()) {
            String path = left.removeFirst();
            try {
                changed += protectOne(path);
                left.addAll(children(path));
            } catch (KeeperException.NoNodeException _) {
                // Its owner has removed it meanwhile.
            }
        }
        return changed + protectOne(root);
    }

    private int protectOne(String path) throws KeeperException, InterruptedException {
        if (new HashSet<>(client.getACL(path, new Stat())).equals(new HashSet<>(acl))) {
            return 0;
        }
        client.setACL(path, acl, -1);
        return 1;
    }

    private List<String> children(String path) throws KeeperException, InterruptedException {
        return client.getChildren(path, false).stream()
                .map(child -> path + "/" + child)
                .toList();
    }
}
