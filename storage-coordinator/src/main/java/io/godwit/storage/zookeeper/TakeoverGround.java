package io.godwit.storage.zookeeper;

import io.godwit.storage.HostEntry;
import io.godwit.storage.handover.OwnerEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;

/// What a takeover stands on besides the guest's own records: that its host was not announced again since it
/// was found dead, that it enforced a lease, and that failover is on. The write compares the versions of both
/// records, so it fails if any of that changes before it is applied.
final class TakeoverGround {
    private static final int ANY_VERSION = -1;

    private final List<String> obstacles;
    private final List<CuratorOp> checks;

    private TakeoverGround(List<String> obstacles, List<CuratorOp> checks) {
        this.obstacles = List.copyOf(obstacles);
        this.checks = List.copyOf(checks);
    }

    /// Of a change that is no takeover.
    static TakeoverGround none() {
        return new TakeoverGround(List.of(), List.of());
    }

    static TakeoverGround read(RecordStore store, OwnerEvent.TakeOver event)
            throws KeeperException, InterruptedException, UnreadableRecord {
        String hostPath = store.nodes().host(event.dead());
        String switchPath = store.nodes().failover();
        List<Node> nodes = store.read(List.of(hostPath, store.nodes().alive(event.dead()), switchPath));
        List<String> obstacles = new ArrayList<>();
        Node host = nodes.getFirst();
        byte[] hostData = host.data();
        boolean alive = nodes.get(1).exists();
        if (hostData == null) {
            obstacles.add("Host " + event.dead() + " has no record, so nobody knows whether it enforces a lease");
        } else if (host.version() != event.deadVersion() || alive) {
            obstacles.add("Host " + event.dead() + " was announced again since it was found dead");
        } else {
            HostEntry entry = RecordCodec.host(hostPath, hostData, event.dead(), false);
            if (!entry.enforcesLease()) {
                obstacles.add("Host " + event.dead() + " did not enforce its lease, so its guests may run on");
            }
        }
        Node failover = nodes.getLast();
        byte[] switchData = failover.data();
        if (switchData != null
                && !RecordCodec.failover(switchPath, switchData, failover.version())
                        .on()) {
            obstacles.add("Failover is switched off for the whole cluster");
        }
        List<CuratorOp> checks = new ArrayList<>();
        checks.add(store.check(hostPath, event.deadVersion()));
        if (switchData != null) {
            checks.add(store.check(switchPath, failover.version()));
        } else {
            // There is no check for absence; what can be made and removed again was not there.
            checks.add(store.create(switchPath, new byte[0]));
            checks.add(store.delete(switchPath, ANY_VERSION));
        }
        return new TakeoverGround(obstacles, checks);
    }

    List<String> obstacles() {
        return obstacles;
    }

    List<CuratorOp> checks() {
        return checks;
    }
}
