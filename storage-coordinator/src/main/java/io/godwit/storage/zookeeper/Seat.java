package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.zookeeper.KeeperException;

/// The seat of the cluster's coordinator: an ephemeral node. Whoever's session made it has the seat, and it is free
/// again when that session ends, at the same moment as the host's `alive` node.
final class Seat {
    private final RecordStore store;
    private final String host;

    Seat(RecordStore store, String host) {
        this.store = store;
        this.host = host;
    }

    /// One look, and one attempt to take the seat if it is free. What is undecided shows at the next look.
    boolean taken() throws OwnershipException, InterruptedException {
        String path = store.nodes().coordinator();
        try {
            Node node = store.read(path);
            if (node.exists()) {
                return node.ephemeralOwner() == store.sessionId();
            }
            store.write(List.of(store.createEphemeral(path, host.getBytes(StandardCharsets.UTF_8))));
            return true;
        } catch (KeeperException e) {
            if (RecordStore.isConflict(e)) {
                return false;
            }
            throw new OwnershipException(Kind.UNDECIDED, "The coordinator's seat: " + RecordStore.words(e), e);
        }
    }
}
