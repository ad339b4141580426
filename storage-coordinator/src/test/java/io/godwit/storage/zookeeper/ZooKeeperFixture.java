package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.OwnerChange;
import io.godwit.storage.handover.OwnerEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/// A real ZooKeeper server with short ticks, hosts that talk to it through a proxy each, and an eye of its own on the
/// records.
final class ZooKeeperFixture implements AutoCloseable {
    static final int SESSION_TIMEOUT_MS = 2_000;
    private static final int TICK_MS = 200;
    private static final int CONNECTIONS_MAX = 100;

    private final Path data;
    private final TestingServer server;
    private final Deque<Closeable> toClose = new ConcurrentLinkedDeque<>();

    ZooKeeperFixture() throws Exception {
        data = Files.createTempDirectory("godwit-coordinator-zk");
        InstanceSpec spec = new InstanceSpec(data.toFile(), -1, -1, -1, true, 1, TICK_MS, CONNECTIONS_MAX);
        server = new TestingServer(spec, true);
    }

    TestingServer server() {
        return server;
    }

    /// @return a host of this name, and the way its packets take
    Host host(String name) throws IOException {
        return host(name, OwnerChange::new);
    }

    Host host(String name, Function<OwnerEvent, ChangeProcess> processes) throws IOException {
        return host(name, "boot-of-" + name, ProcessIdentity.ofThisProcess(), processes);
    }

    Host host(String name, String bootId, ProcessIdentity process, Function<OwnerEvent, ChangeProcess> processes)
            throws IOException {
        LossyProxy proxy = new LossyProxy(server.getPort());
        toClose.push(proxy);
        String connect = "127.0.0.1:" + proxy.port();
        OwnershipSettings settings = new OwnershipSettings(connect, "/godwit", SESSION_TIMEOUT_MS, name, bootId);
        MeterRegistry meters = new SimpleMeterRegistry();
        ZooKeeperOwnership ownership = new ZooKeeperOwnership(settings, meters, process, processes);
        toClose.push(ownership::close);
        return new Host(name, ownership, proxy, meters);
    }

    record Host(String name, ZooKeeperOwnership ownership, LossyProxy proxy, MeterRegistry meters) {
        double writes(String outcome) {
            return meters.get("godwit.ownership.writes")
                    .tag("outcome", outcome)
                    .counter()
                    .count();
        }
    }

    /// @return every node below the root with its content, read over a connection of its own
    Map<String, String> records() throws Exception {
        return look(eye -> {
            Map<String, String> found = new TreeMap<>();
            List<String> left = new ArrayList<>(List.of("/godwit"));
            while (!left.isEmpty()) {
                String path = left.removeLast();
                if (eye.exists(path, false) == null) {
                    continue;
                }
                found.put(path, new String(eye.getData(path, false, null), StandardCharsets.UTF_8));
                eye.getChildren(path, false).forEach(child -> left.add(path + "/" + child));
            }
            return found;
        });
    }

    void overwrite(String path, String content) throws Exception {
        look(eye -> eye.setData(path, content.getBytes(StandardCharsets.UTF_8), -1));
    }

    /// Closes a host's records, and with them its session: its `alive` node is gone.
    void kill(Host host) {
        host.ownership().close();
    }

    /// Ends a host's session as the server does when it has heard nothing for too long.
    void expire(Host host) throws Exception {
        ZooKeeper client =
                host.ownership().store().curator().getZookeeperClient().getZooKeeper();
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper twin = new ZooKeeper(
                server.getConnectString(),
                SESSION_TIMEOUT_MS,
                event -> {
                    if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                        connected.countDown();
                    }
                },
                client.getSessionId(),
                client.getSessionPasswd());
        try {
            if (!connected.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("The session's twin did not connect");
            }
        } finally {
            twin.close();
        }
    }

    private <T> T look(Look<T> look) throws Exception {
        ZooKeeper eye = new ZooKeeper(server.getConnectString(), 10_000, _ -> {});
        try {
            return look.through(eye);
        } finally {
            eye.close();
        }
    }

    @FunctionalInterface
    private interface Look<T> {
        T through(ZooKeeper eye) throws Exception;
    }

    @Override
    public void close() throws IOException {
        for (Closeable closeable : toClose) {
            closeable.close();
        }
        server.close();
        ServerLeftovers.remove(data);
    }
}
