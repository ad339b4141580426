package io.godwit.agent.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooKeeperServerTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final List<ACL> ANYONE = Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("world", "anyone")));

    @TempDir
    Path data = Path.of("");

    @Test
    void keepsItsDataOverARestart() throws Exception {
        int port = freePort();
        try (ZooKeeperServer _ = ZooKeeperServer.start(data, LOOPBACK, port, 200)) {
            ZooKeeper client = connect(port);
            assertThat(client.getSessionTimeout()).isEqualTo(2_000);
            client.create("/kept", new byte[] {7}, ANYONE, CreateMode.PERSISTENT);
            client.close(1_000);
        }
        assertThat(isOpen(port)).isFalse();
        try (ZooKeeperServer _ = ZooKeeperServer.start(data, LOOPBACK, port, 200)) {
            ZooKeeper client = connect(port);
            assertThat(client.getData("/kept", false, null)).containsExactly(7);
            client.close(1_000);
        }
    }

    @Test
    void answersOneHarmlessFourLetterWordAndNoOther() throws Exception {
        int port = freePort();
        try (ZooKeeperServer _ = ZooKeeperServer.start(data, LOOPBACK, port, 200)) {
            assertThat(ask(port, "srvr")).contains("Mode: standalone");
            assertThat(ask(port, "dump")).contains("not in the whitelist");
        }
    }

    @Test
    void saysThatItsPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            assertThatIOException()
                    .isThrownBy(() -> ZooKeeperServer.start(data, LOOPBACK, taken.getLocalPort(), 200))
                    .withMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort());
        }
    }

    private static ZooKeeper connect(int port) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(LOOPBACK + ":" + port, 2_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertThat(connected.await(10, TimeUnit.SECONDS)).isTrue();
        return client;
    }

    private static String ask(int port, String word) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral(LOOPBACK), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket(InetAddress.ofLiteral(LOOPBACK), port)) {
            return socket.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }
}
