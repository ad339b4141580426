package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/// Whether the ensemble's servers can be reached one by one, and whether together they answer.
final class ZooKeeperChecks {
    private static final int CONNECT_MS_MAX = 2_000;
    private static final int SESSION_MS_MAX = 6_000;
    private static final int CLOSE_MS_MAX = 2_000;
    private static final String NAME = "ZooKeeper";

    private ZooKeeperChecks() {}

    static List<Finding> check(AgentConfig.ZooKeeper zookeeper) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        String[] servers = zookeeper.connect().split(",", -1);
        int reached = 0;
        for (String server : servers) {
            try {
                connect(server);
                reached++;
            } catch (IOException e) {
                findings.add(Finding.warn(
                        NAME,
                        server + " does not answer: " + e.getMessage(),
                        "See to that server, or to the firewall between."));
            }
        }
        if (reached == 0) {
            return List.of(Finding.fail(
                    NAME,
                    "none of its servers answers: " + zookeeper.connect(),
                    "Start ZooKeeper, or correct zookeeper.connect."));
        }
        findings.add(session(zookeeper));
        if (servers.length < 3) {
            findings.add(Finding.warn(
                    NAME,
                    servers.length + " server(s): one that fails stops every migration and every failover",
                    "Run an ensemble of three or five."));
        }
        return findings;
    }

    private static Finding session(AgentConfig.ZooKeeper zookeeper) throws InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client;
        try {
            client = new ZooKeeper(zookeeper.connect(), zookeeper.sessionTimeoutMs(), event -> {
                if (event.getState() == KeeperState.SyncConnected) {
                    connected.countDown();
                }
            });
        } catch (IOException e) {
            return Finding.fail(NAME, "no client could be made: " + e.getMessage(), "Correct zookeeper.connect.");
        }
        try {
            if (!connected.await(SESSION_MS_MAX, TimeUnit.MILLISECONDS)) {
                return Finding.fail(
                        NAME,
                        "its servers accept connections but give no session; there may be no quorum",
                        "See that more than half of its servers run.");
            }
            return judged(zookeeper, client);
        } finally {
            client.close(CLOSE_MS_MAX);
        }
    }

    private static Finding judged(AgentConfig.ZooKeeper zookeeper, ZooKeeper client) throws InterruptedException {
        int granted = client.getSessionTimeout();
        if (granted != zookeeper.sessionTimeoutMs()) {
            return Finding.fail(
                    NAME,
                    "it grants a session timeout of " + granted + " ms instead of " + zookeeper.sessionTimeoutMs()
                            + " ms",
                    "Change minSessionTimeout or maxSessionTimeout at its servers, or zookeeper.sessionTimeoutMs.");
        }
        try {
            boolean root = client.exists(zookeeper.root(), false) != null;
            return Finding.ok(
                    NAME, "reached; " + zookeeper.root() + (root ? " is there" : " will be made by the first agent"));
        } catch (KeeperException e) {
            return Finding.fail(NAME, "a request failed: " + e.getMessage(), "See its servers' logs.");
        }
    }

    private static void connect(String server) throws IOException {
        int colon = server.lastIndexOf(':');
        String host = server.substring(0, colon).replace("[", "").replace("]", "");
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, Integer.parseInt(server.substring(colon + 1))), CONNECT_MS_MAX);
        } catch (IllegalArgumentException e) {
            throw new IOException("its port is none", e);
        }
    }
}
