package io.godwit.storage.zookeeper;

import java.util.List;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.jspecify.annotations.Nullable;

/// The greatest epoch that was ever retired with a guest or an image, as read. It never shrinks.
///
/// @param version  of the node; -1 if there is none yet
record EpochFloor(long epoch, int version) {
    static final EpochFloor UNREAD = new EpochFloor(0, -1);

    static EpochFloor of(Node node) throws UnreadableRecord {
        byte[] data = node.data();
        return new EpochFloor(data == null ? 0 : RecordCodec.floor(node.path(), data), node.version());
    }

    /// @param retired  what is retired by the write these belong to; 0 if nothing is
    /// @param held     whether the write is right only if the floor is still what was read: whoever starts
    ///                 above it must not overlook what is being retired at the same moment
    List<CuratorOp> ops(RecordStore store, long retired, boolean held) {
        String path = store.nodes().epochFloor();
        byte @Nullable [] raised =
                retired > epoch || (held && version < 0) ? RecordCodec.floor(Math.max(retired, epoch)) : null;
        if (raised != null) {
            return List.of(version < 0 ? store.create(path, raised) : store.set(path, version, raised));
        }
        return held ? List.of(store.check(path, version)) : List.of();
    }
}
