package io.godwit.agent.zookeeper;

import io.godwit.agent.config.AgentConfig;
import io.godwit.storage.RecordAccess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

/// A ZooKeeper server, alone or one of an ensemble. Alone it answers clients on return from [#start]; in an
/// ensemble once more than half of its servers run. It goes on until [#close].
public final class ZooKeeperServer implements AutoCloseable {
    private static final long START_MS_MAX = 30_000;
    private static final String KEY_STORE = "server.pem";

    private final ZooKeeperServerEmbedded server;
    private final Map<String, String> propertiesBefore;

    private ZooKeeperServer(ZooKeeperServerEmbedded server, Map<String, String> propertiesBefore) {
        this.server = server;
        this.propertiesBefore = propertiesBefore;
    }

    /// Starts a server that is alone and speaks in the clear.
    ///
    /// @throws IOException see [#start(ServerSettings)]
    public static ZooKeeperServer start(Path data, String address, int port, int tickMs) throws IOException {
        return start(new ServerSettings(data, address, port, tickMs, null, null));
    }

    /// @throws IOException if it cannot start, as when the port is taken, or its data are another server's;
    ///                     nothing runs then
    public static ZooKeeperServer start(ServerSettings settings) throws IOException {
        Path keyStore = prepare(settings);
        checkFree(settings.address(), settings.port());
        Map<String, String> before = systemProperties();
        try {
            ZooKeeperServerEmbedded server = ZooKeeperServerEmbedded.builder()
                    .baseDir(settings.data())
                    .configuration(ServerProperties.of(settings, keyStore))
                    .exitHandler(ExitHandler.LOG_ONLY)
                    .build();
            try {
                server.start(START_MS_MAX);
            } catch (Exception e) {
                server.close();
                throw e;
            }
            return new ZooKeeperServer(server, before);
        } catch (IOException e) {
            restore(before);
            throw e;
        } catch (InterruptedException e) {
            restore(before);
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while ZooKeeper was starting", e);
        } catch (Exception e) {
            restore(before);
            throw new IOException(
                    "ZooKeeper did not start on " + settings.address() + ":" + settings.port() + ": " + e.getMessage(),
                    e);
        }
    }

    /// @return where key and certificate stand together, if there is TLS
    private static Path prepare(ServerSettings settings) throws IOException {
        Path data = Files.createDirectories(ServerProperties.dataDirectory(settings));
        Path keyStore = settings.data().resolve(KEY_STORE);
        AgentConfig.TlsFiles tls = settings.tls();
        if (tls != null) {
            RecordAccess.Tls.join(tls.certificate(), tls.key(), keyStore);
        }
        Ensemble ensemble = settings.ensemble();
        if (ensemble != null) {
            keepId(data.resolve("myid"), ensemble.id());
        }
        return keyStore;
    }

    // A server that votes under an id that is not that of its data can undo what the ensemble has promised.
    private static void keepId(Path file, int id) throws IOException {
        if (!Files.exists(file)) {
            Files.writeString(file, id + "\n");
            return;
        }
        String kept = Files.readString(file).strip();
        if (!kept.equals(Integer.toString(id))) {
            throw new IOException("These are the data of server " + kept + ", not " + id + ": " + file.getParent());
        }
    }

    // The server itself would only say so after waiting for half a minute.
    private static void checkFree(String address, int port) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(address, port));
        } catch (IOException e) {
            throw new IOException("ZooKeeper cannot listen on " + address + ":" + port + ": " + e.getMessage(), e);
        }
    }

    /// Stops the server; what clients were told is on disk.
    @Override
    public void close() {
        server.close();
        restore(propertiesBefore);
    }

    // ZooKeeper passes most of a server's configuration on to itself in the system properties of this JVM, where the
    // next server and any client would find it.
    private static Map<String, String> systemProperties() {
        Map<String, String> properties = new HashMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("zookeeper.")) {
                properties.put(name, System.getProperty(name));
            }
        }
        return properties;
    }

    private static void restore(Map<String, String> before) {
        systemProperties().keySet().forEach(System::clearProperty);
        before.forEach(System::setProperty);
    }
}
