package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import io.godwit.storage.RecordsCheck.Answer;
import io.godwit.storage.RecordsCheck.Records;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/// See [io.godwit.storage.RecordsCheck].
public final class EnsembleProbe {
    private static final int CONNECT_MS_MAX = 2_000;

    /// Longer: a server's first handshake after its start takes it a while.
    private static final int HANDSHAKE_READ_MS_MAX = 5_000;

    private EnsembleProbe() {}

    /// See [io.godwit.storage.RecordsCheck#obstacle].
    public static Optional<String> obstacle(String server, RecordAccess access) {
        int colon = server.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            String host =
                    server.substring(0, Math.max(colon, 0)).replace("[", "").replace("]", "");
            int port = Integer.parseInt(server.substring(colon + 1));
            socket.connect(new InetSocketAddress(host, port), CONNECT_MS_MAX);
            socket.setSoTimeout(HANDSHAKE_READ_MS_MAX);
            RecordAccess.Tls tls = access.tls();
            return tls == null
                    ? Optional.empty()
                    : new Handshake(tls, host, port).obstacle(socket).map(what -> server + " " + what);
        } catch (IOException e) {
            return Optional.of(server + " does not answer: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            return Optional.of(server + " does not answer: its port is none");
        }
    }

    /// See [io.godwit.storage.RecordsCheck#ask].
    public static Answer ask(OwnershipSettings settings) throws IOException, InterruptedException {
        try (ShortSession session = ShortSession.open(settings)) {
            ZooKeeper client = session.client();
            if (client == null) {
                return new Answer.NoSession();
            }
            return new Answer.Session(client.getSessionTimeout(), records(client, settings));
        } catch (KeeperException e) {
            return new Answer.Failed(String.valueOf(e.getMessage()));
        }
    }

    private static Records records(ZooKeeper client, OwnershipSettings settings)
            throws KeeperException, InterruptedException {
        try {
            if (RecordAcl.isOpen(client.getACL(settings.root(), new Stat()))) {
                return Records.OPEN;
            }
            client.getData(settings.root(), false, null);
            return Records.PROTECTED;
        } catch (KeeperException.NoNodeException _) {
            return Records.NONE;
        } catch (KeeperException.NoAuthException _) {
            return Records.CLOSED;
        }
    }
}
