package io.godwit.storage.zookeeper;

import java.util.List;
import org.apache.curator.framework.api.transaction.CuratorOp;

/// The greatest epoch that was ever retired with a guest or an image, as read. It never shrinks.
///
/// @param version  of the node; -1 if there is none yet
record EpochFloor(long epoch, int version) {
    static final EpochFloor UNREAD = new EpochFloor(0, -1);

    static EpochFloor of(Node node) throws UnreadableRecord {
        byte[] data = node.data();
        return new EpochFloor(data == null ? 0 : RecordCodec.floor(node.path(), data), node.version());
    }

    /// What belongs to every write of an owner record: it is right only if the floor is still what was read.
    /// Whoever starts above it must not overlook what is being retired at the same moment, and a write that has
    /// strayed must not reach the records of a guest that was forgotten and made again since.
    ///
    /// @param retired  what is retired by the write these belong to; 0 if nothing is
    List<CuratorOp> held(RecordStore store, long retired) {
        return retired > epoch || version < 0
                ? raised(store, retired)
                : List.of(store.check(store.nodes().epochFloor(), version));
    }

    /// Writes the node whether the floor rises or not: its version has to tell of every guest that is forgotten.
    List<CuratorOp> raised(RecordStore store, long retired) {
        String path = store.nodes().epochFloor();
        byte[] data = RecordCodec.floor(Math.max(retired, epoch));
        return List.of(version < 0 ? store.create(path, data) : store.set(path, version, data));
    }
}
