package io.godwit.agent.storage;

import io.godwit.agent.config.AgentConfig;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.NbdDisk;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageSource;
import io.godwit.storage.ImageStore;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import io.godwit.storage.image.SharedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How this host's guests come by their images. Safe for use by many threads.
public final class ImageGrants {
    private static final Logger LOG = LoggerFactory.getLogger(ImageGrants.class);
    private static final int TRIES = 5;
    private static final Duration RETRY = Duration.ofMillis(500);

    /// All images are in plain directories.
    public static final ImageGrants NONE = new ImageGrants(new SharedDirectory(), List.of(), null, GrantNotes.none());

    private final ImageStore store;
    private final List<AgentConfig.ImageServer> servers;
    private final @Nullable Path credentials;
    private final GrantNotes notes;

    ImageGrants(ImageStore store, List<AgentConfig.ImageServer> servers, @Nullable Path credentials, GrantNotes notes) {
        this.store = store;
        this.servers = List.copyOf(servers);
        this.credentials = credentials;
        this.notes = notes;
    }

    /// The store behind it, for whoever decides how long to wait for a former owner.
    public ImageStore store() {
        return store;
    }

    /// The guest's images that are reached through a server, by their paths.
    public Set<String> served(GuestSpec spec) {
        return spec.disks().stream()
                .map(GuestSpec.Disk::path)
                .filter(path -> serverOf(path).isPresent())
                .collect(Collectors.toSet());
    }

    /// Everything that would keep the guest from its images, each a sentence.
    public List<String> blockers(GuestSpec spec) {
        Set<String> served = served(spec);
        if (served.isEmpty()) {
            return List.of();
        }
        List<String> blockers = new ArrayList<>();
        for (GuestSpec.Disk disk : spec.disks()) {
            if (disk.readOnly() && served.contains(disk.path())) {
                blockers.add("An image server serves no disks that are only read; put this one into a plain directory: "
                        + disk.path());
            }
        }
        if (GrantDesk.sharesImages(spec)) {
            blockers.add("Two disks of the guest are one image");
        }
        try {
            blockers.addAll(store.blockers(spec.name(), served));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            blockers.add("The agent is stopping");
        }
        return blockers;
    }

    /// For a guest that begins an epoch here: revokes every other grant of its images. Tries for some seconds.
    ///
    /// @return how to reach those of its images that are served; empty if none is
    /// @throws ImageStoreException if the guest must not run yet
    public Map<String, NbdDisk> start(GuestSpec spec, String host, long epoch)
            throws ImageStoreException, InterruptedException {
        Set<String> served = served(spec);
        if (served.isEmpty()) {
            return Map.of();
        }
        ImageGrant grant = new ImageGrant(spec.name(), epoch, ImageGrant.startCause(spec.name(), host, epoch), served);
        notes.write(grant);
        for (int attempt = 1; ; attempt++) {
            try {
                return disks(store.activate(grant));
            } catch (ImageStoreException e) {
                if (e.kind() == Kind.REFUSED || attempt == TRIES) {
                    throw e;
                }
                LOG.warn("Guest {} has no images yet: {}", spec.name(), e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    /// For a guest that is to arrive: lets its QEMU open its images beside the owner's. Nothing is revoked.
    ///
    /// @param epoch that the guest will have here
    public Map<String, NbdDisk> arrive(GuestSpec spec, long epoch, UUID migration)
            throws ImageStoreException, InterruptedException {
        Set<String> served = served(spec);
        if (served.isEmpty()) {
            return Map.of();
        }
        ImageGrant grant = new ImageGrant(spec.name(), epoch, migration, served);
        notes.write(grant);
        return disks(store.prepare(grant));
    }

    /// For a guest whose QEMU has its images open already, and that the record gives to this host in this epoch:
    /// revokes every other grant of them. To be called before the guest runs on; asks once.
    ///
    /// @throws ImageStoreException if the guest must not run yet
    public void activate(GuestSpec spec, long epoch) throws ImageStoreException, InterruptedException {
        if (served(spec).isEmpty()) {
            return;
        }
        Optional<ImageGrant> grant = notes.read(spec.name()).filter(noted -> noted.epoch() == epoch);
        if (grant.isEmpty()) {
            throw new ImageStoreException(
                    Kind.REFUSED,
                    "How guest " + spec.name() + " reaches its images in epoch " + epoch
                            + " is not known here any more; destroy it and create it again");
        }
        var _ = store.activate(grant.get());
    }

    /// For a guest that does not run here any more, or does not arrive after all: gives its images up in the
    /// background. What fails is made good by the next grant.
    public void release(String guest) {
        Optional<ImageGrant> grant = notes.read(guest);
        grant.ifPresent(given -> {
            var _ = Thread.ofVirtual().name("godwit-release-" + guest).start(() -> withdraw(given));
        });
    }

    /// For a guest that runs elsewhere: its images have been taken over there already.
    public void forget(String guest) {
        notes.read(guest).ifPresent(notes::clear);
    }

    private void withdraw(ImageGrant grant) {
        try {
            for (int attempt = 1; attempt <= TRIES; attempt++) {
                try {
                    store.withdraw(grant);
                    notes.clear(grant);
                    return;
                } catch (ImageStoreException e) {
                    LOG.warn("The images of guest {} are not given up yet: {}", grant.guest(), e.getMessage());
                    Thread.sleep(RETRY.multipliedBy(attempt));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, NbdDisk> disks(Map<String, ImageSource> sources) {
        Map<String, NbdDisk> disks = new HashMap<>();
        sources.forEach((path, source) -> {
            switch (source) {
                case ImageSource.File _ -> {}
                case ImageSource.Export export -> disks.put(path, disk(path, export));
            }
        });
        return disks;
    }

    private NbdDisk disk(String path, ImageSource.Export export) {
        int reconnectSeconds = serverOf(path)
                .map(AgentConfig.ImageServer::reconnectSeconds)
                .orElse(AgentConfig.ImageServer.RECONNECT_SECONDS_DEFAULT);
        Path directory = credentials;
        return new NbdDisk(
                export.address(),
                export.port(),
                export.name(),
                reconnectSeconds,
                directory == null ? null : new NbdDisk.Tls(directory, export.server()));
    }

    private Optional<AgentConfig.ImageServer> serverOf(String image) {
        Path path = Path.of(image).normalize();
        return servers.stream()
                .filter(server -> path.startsWith(server.directory()))
                .findFirst();
    }

    static GrantNotes notesIn(Path runDirectory) throws IOException {
        return GrantNotes.in(runDirectory.resolve("grants"));
    }
}
