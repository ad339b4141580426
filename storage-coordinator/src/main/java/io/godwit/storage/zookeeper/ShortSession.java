package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipSettings;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.AuthInfo;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/// A session for a few questions, apart from that of any agent.
final class ShortSession implements AutoCloseable {
    private static final int CONNECT_MS_MAX = 6_000;
    private static final int CLOSE_MS_MAX = 2_000;

    private final ZooKeeper client;
    private final boolean connected;

    private ShortSession(ZooKeeper client, boolean connected) {
        this.client = client;
        this.connected = connected;
    }

    /// Waits some seconds at most.
    static ShortSession open(OwnershipSettings settings) throws IOException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(
                settings.connect(),
                settings.sessionTimeoutMs(),
                event -> {
                    if (event.getState() == KeeperState.SyncConnected) {
                        connected.countDown();
                    }
                },
                ClientSettings.of(settings));
        for (AuthInfo credential : new RecordAcl(settings.access()).credentials()) {
            client.addAuthInfo(credential.getScheme(), credential.getAuth());
        }
        try {
            return new ShortSession(client, connected.await(CONNECT_MS_MAX, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            client.close(CLOSE_MS_MAX);
            throw e;
        }
    }

    /// @return null if no server gave a session in time
    @Nullable
    ZooKeeper client() {
        return connected ? client : null;
    }

    @Override
    public void close() {
        try {
            client.close(CLOSE_MS_MAX);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
