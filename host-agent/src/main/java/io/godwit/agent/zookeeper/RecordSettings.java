package io.godwit.agent.zookeeper;

import io.godwit.agent.config.AgentConfig;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import io.godwit.storage.RecordSecrets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a host's configuration says of the way to the records.
public final class RecordSettings {
    private static final String KEY_STORE = "zookeeper.pem";

    private RecordSettings() {}

    /// @param folder  where key and certificate are put together into one file if there is TLS; its owner's
    ///                only
    /// @throws IOException if the secret cannot be read
    public static OwnershipSettings of(AgentConfig config, String bootId, Path folder) throws IOException {
        AgentConfig.ZooKeeper zooKeeper = config.zookeeper();
        return new OwnershipSettings(
                zooKeeper.connect(),
                zooKeeper.root(),
                zooKeeper.sessionTimeoutMs(),
                config.name(),
                bootId,
                access(config, folder));
    }

    private static RecordAccess access(AgentConfig config, Path folder) throws IOException {
        AgentConfig.TlsFiles files = config.tls();
        RecordAccess.Tls tls = null;
        if (config.zookeeper().tls()) {
            if (files == null) {
                throw new IOException("zookeeper.tls is true without a tls group");
            }
            Path keyStore = folder.toAbsolutePath().resolve(KEY_STORE);
            tls = new RecordAccess.Tls(files.authority(), files.certificate(), files.key(), keyStore);
        }
        return new RecordAccess(tls, secrets(config.zookeeper().secretFile()));
    }

    private static List<String> secrets(@Nullable Path file) throws IOException {
        if (file == null) {
            return List.of();
        }
        try {
            return RecordSecrets.read(file);
        } catch (IOException e) {
            throw new IOException("zookeeper.secretFile " + e.getMessage(), e);
        }
    }
}
