package io.godwit.agent.zookeeper;

import io.godwit.agent.config.AgentConfig;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// ZooKeeper's own configuration of a server.
final class ServerProperties {
    private static final int CLIENTS_MAX = 1_024;
    private static final int CLIENTS_PER_ADDRESS_MAX = 256;
    private static final int TIMEOUT_TICKS_MAX = 20;
    private static final int TIMEOUT_MS_MAX = 40_000;
    private static final int INIT_MS = 20_000;

    /// How long a server that stands still may lead: the others have to have elected another, and the agents to have
    /// found it, before leases run out. With an agent's session timeout of 6 s that is 4.5 s.
    private static final int SYNC_MS = 2_000;

    private static final int TICKS_MIN = 2;
    private static final String CIPHERS = "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256";

    private ServerProperties() {}

    /// @param keyStore  holds the server's key and certificate, if there is TLS
    static Properties of(ServerSettings settings, Path keyStore) {
        Properties properties = new Properties();
        properties.setProperty("dataDir", dataDirectory(settings).toString());
        properties.setProperty("tickTime", Integer.toString(settings.tickMs()));
        int longestMs = Math.max(TIMEOUT_TICKS_MAX * settings.tickMs(), TIMEOUT_MS_MAX);
        properties.setProperty("maxSessionTimeout", Integer.toString(longestMs));
        properties.setProperty("maxClientCnxns", Integer.toString(CLIENTS_PER_ADDRESS_MAX));
        properties.setProperty("maxCnxns", Integer.toString(CLIENTS_MAX));
        properties.setProperty("autopurge.snapRetainCount", "3");
        properties.setProperty("autopurge.purgeInterval", "1");
        // No second door: the admin server is an HTTP port of its own, and of the four-letter words only srvr is
        // both harmless and useful.
        properties.setProperty("admin.enableServer", "false");
        properties.setProperty("4lw.commands.whitelist", "srvr");
        AgentConfig.TlsFiles tls = settings.tls();
        listen(properties, settings, tls != null);
        if (tls != null) {
            properties.setProperty("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory");
            secure(properties, "ssl.", tls, keyStore);
        }
        join(properties, settings, tls, keyStore);
        return properties;
    }

    static Path dataDirectory(ServerSettings settings) {
        return settings.data().resolve("data");
    }

    private static void listen(Properties properties, ServerSettings settings, boolean secure) {
        properties.setProperty(secure ? "secureClientPort" : "clientPort", Integer.toString(settings.port()));
        properties.setProperty(secure ? "secureClientPortAddress" : "clientPortAddress", settings.address());
    }

    private static void join(
            Properties properties, ServerSettings settings, AgentConfig.@Nullable TlsFiles tls, Path keyStore) {
        Ensemble ensemble = settings.ensemble();
        if (ensemble == null) {
            return;
        }
        // In ticks: how long a server may take to catch up with the leader, and how far it may then lag.
        properties.setProperty("initLimit", Integer.toString(ticks(INIT_MS, settings.tickMs())));
        properties.setProperty("syncLimit", Integer.toString(ticks(SYNC_MS, settings.tickMs())));
        ensemble.servers()
                .forEach((id, server) -> properties.setProperty(
                        "server." + id, server.host() + ":" + server.peerPort() + ":" + server.electionPort()));
        if (tls != null) {
            properties.setProperty("sslQuorum", "true");
            secure(properties, "ssl.quorum.", tls, keyStore);
        }
    }

    private static int ticks(int ms, int tickMs) {
        return Math.max(TICKS_MIN, (ms + tickMs - 1) / tickMs);
    }

    private static void secure(Properties properties, String prefix, AgentConfig.TlsFiles tls, Path keyStore) {
        properties.setProperty(prefix + "keyStore.location", keyStore.toString());
        properties.setProperty(prefix + "keyStore.type", "PEM");
        properties.setProperty(prefix + "trustStore.location", tls.authority().toString());
        properties.setProperty(prefix + "trustStore.type", "PEM");
        properties.setProperty(prefix + "clientAuth", "need");
        properties.setProperty(prefix + "protocol", "TLSv1.3");
        properties.setProperty(prefix + "enabledProtocols", "TLSv1.3");
        properties.setProperty(prefix + "ciphersuites", CIPHERS);
        properties.setProperty(prefix + "sslProvider", "JDK");
    }
}
