package io.godwit.agent.storage;

import io.godwit.agent.config.AgentConfig;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import io.godwit.shim.StorageDaemonSettings;
import io.godwit.storage.ImageStore;
import io.godwit.storage.Ownership;
import io.godwit.storage.image.PlacedImages;
import io.godwit.storage.image.SharedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// This agent's part in serving images, as its configuration says: the server if it is one, and the way to others.
public final class ImageRole implements AutoCloseable {
    /// Longer than a slow disk takes for one request, shorter than those who ask wait for an answer.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);

    /// Takes hold of this host's storage daemon, or starts it.
    @FunctionalInterface
    public interface StorageDaemons {
        /// For hosts that serve no images.
        StorageDaemons NONE = _ -> {
            throw new HypervisorException("This agent has no storage daemon");
        };

        StorageDaemon open(StorageDaemonSettings settings) throws HypervisorException;
    }

    private final ImageGrants grants;
    private final @Nullable ImageServer server;
    private final @Nullable GrantDesk desk;
    private final AgentCalls calls;

    private ImageRole(ImageGrants grants, @Nullable ImageServer server, @Nullable GrantDesk desk, AgentCalls calls) {
        this.grants = grants;
        this.server = server;
        this.desk = desk;
        this.calls = calls;
    }

    /// @param calls          closed with the role, or if this fails
    /// @param daemons        used if this host serves images
    /// @param specifications reads what stands in a guest's record, given its name
    /// @throws IOException if what this host must not forget as a server cannot be read
    public static ImageRole open(
            AgentConfig config,
            Ownership ownership,
            AgentCalls calls,
            StorageDaemons daemons,
            BiFunction<String, String, Optional<GuestSpec>> specifications)
            throws IOException {
        ImageServer server = null;
        try {
            Path credentials = credentials(config);
            AgentConfig.Storage storage = config.images().storage();
            if (storage != null) {
                server = serve(config, storage, credentials, daemons);
            }
            GrantDesk desk = server == null ? null : new GrantDesk(server, ownership, specifications);
            ImageGrants grants = new ImageGrants(
                    store(config, ownership, calls, desk),
                    config.images().servers(),
                    credentials,
                    ImageGrants.notesIn(config.runDirectory()));
            return new ImageRole(grants, server, desk, calls);
        } catch (IOException | RuntimeException e) {
            if (server != null) {
                server.close();
            }
            calls.close();
            throw e;
        }
    }

    public ImageGrants grants() {
        return grants;
    }

    /// Where other hosts ask; null if this host serves no images.
    public @Nullable GrantDesk desk() {
        return desk;
    }

    private static @Nullable Path credentials(AgentConfig config) throws IOException {
        AgentConfig.TlsFiles tls = config.tls();
        boolean needed =
                config.images().storage() != null || !config.images().servers().isEmpty();
        return tls == null || !needed
                ? null
                : NbdCredentials.in(config.runDirectory().toAbsolutePath().resolve("nbd-tls"), tls);
    }

    private static ImageServer serve(
            AgentConfig config, AgentConfig.Storage storage, @Nullable Path credentials, StorageDaemons daemons)
            throws IOException {
        StorageDaemonSettings settings = new StorageDaemonSettings(
                StorageDaemonSettings.BINARY,
                config.runDirectory().toAbsolutePath().resolve("storage"),
                config.address(),
                storage.port(),
                credentials,
                COMMAND_TIMEOUT);
        return ImageServer.start(
                storage.directories(),
                storage.port(),
                storage.stateDirectory(),
                () -> daemons.open(settings),
                PATIENCE);
    }

    private static ImageStore store(
            AgentConfig config, Ownership ownership, AgentCalls calls, @Nullable GrantDesk desk) {
        Map<Path, ImageStore> stores = new HashMap<>();
        for (AgentConfig.ImageServer server : config.images().servers()) {
            boolean own = server.host().equals(config.name());
            stores.put(
                    server.directory(),
                    own && desk != null
                            ? new OwnImages(config.name(), config.address(), desk)
                            : new RemoteImages(server.host(), ownership, calls));
        }
        return new PlacedImages(stores, new SharedDirectory());
    }

    /// Guests keep the images they have, and the storage daemon goes on.
    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        calls.close();
    }
}
