package io.godwit.agent.zookeeper;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

/// A single ZooKeeper server. It answers clients on return from [#start] and until [#close].
public final class ZooKeeperServer implements AutoCloseable {
    private static final long START_MS_MAX = 30_000;
    private static final int CLIENTS_MAX = 1_024;
    private static final int CLIENTS_PER_ADDRESS_MAX = 256;

    private final ZooKeeperServerEmbedded server;

    private ZooKeeperServer(ZooKeeperServerEmbedded server) {
        this.server = server;
    }

    /// @param data     holds the log and the snapshots; made if missing
    /// @param address  to listen on, an IP literal or a name
    /// @param tickMs   clients may ask for session timeouts of 2 to 20 ticks
    /// @throws IOException if it cannot start, as when the port is taken; nothing runs then
    public static ZooKeeperServer start(Path data, String address, int port, int tickMs) throws IOException {
        Files.createDirectories(data);
        checkFree(address, port);
        Properties settings = new Properties();
        settings.setProperty("dataDir", data.resolve("data").toString());
        settings.setProperty("clientPort", Integer.toString(port));
        settings.setProperty("clientPortAddress", address);
        settings.setProperty("tickTime", Integer.toString(tickMs));
        settings.setProperty("maxClientCnxns", Integer.toString(CLIENTS_PER_ADDRESS_MAX));
        settings.setProperty("maxCnxns", Integer.toString(CLIENTS_MAX));
        settings.setProperty("autopurge.snapRetainCount", "3");
        settings.setProperty("autopurge.purgeInterval", "1");
        // No second door: the admin server is an HTTP port of its own, and of the four-letter words only srvr is
        // both harmless and useful.
        settings.setProperty("admin.enableServer", "false");
        settings.setProperty("4lw.commands.whitelist", "srvr");
        try {
            ZooKeeperServerEmbedded server = ZooKeeperServerEmbedded.builder()
                    .baseDir(data)
                    .configuration(settings)
                    .exitHandler(ExitHandler.LOG_ONLY)
                    .build();
            try {
                server.start(START_MS_MAX);
            } catch (Exception e) {
                server.close();
                throw e;
            }
            return new ZooKeeperServer(server);
        } catch (IOException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while ZooKeeper was starting", e);
        } catch (Exception e) {
            throw new IOException("ZooKeeper did not start on " + address + ":" + port, e);
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
    }
}
