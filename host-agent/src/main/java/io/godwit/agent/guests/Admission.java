package io.godwit.agent.guests;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.storage.ImageGrants;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Whether a guest may run on this host at all, whoever asks for it: the operator or another host.
public final class Admission {
    private final AgentConfig config;
    private final Hypervisor hypervisor;

    private final ImageGrants images;

    /// For a host whose images are all in plain directories.
    public Admission(AgentConfig config, Hypervisor hypervisor) {
        this(config, hypervisor, ImageGrants.NONE);
    }

    public Admission(AgentConfig config, Hypervisor hypervisor, ImageGrants images) {
        this.config = config;
        this.hypervisor = hypervisor;
        this.images = images;
    }

    /// Every reason against it, each a sentence. Touches nothing.
    public List<String> blockers(GuestSpec spec) {
        List<String> blockers = new ArrayList<>(hypervisor.blockers(spec, images.served(spec)));
        blockers.addAll(images.blockers(spec));
        for (GuestSpec.Disk disk : spec.disks()) {
            if (!images.served(spec).contains(disk.path()) && !insideImageDirectory(disk.path())) {
                blockers.add("Image stands outside this host's image directories " + config.imageDirectories() + ": "
                        + disk.path());
            }
        }
        for (GuestSpec.Nic nic : spec.nics()) {
            for (String address : nic.addresses()) {
                if (!isLiteral(address)) {
                    blockers.add("Address of network card " + nic.mac() + " is no IP literal: " + address);
                }
            }
        }
        return blockers;
    }

    /// A symbolic link counts as what it points at, so that a guest file cannot reach out of the directories.
    private boolean insideImageDirectory(String image) {
        Path path;
        try {
            path = resolved(Path.of(image));
        } catch (InvalidPathException e) {
            return false;
        }
        return config.imageDirectories().stream().anyMatch(directory -> path.startsWith(resolved(directory)));
    }

    private static Path resolved(Path path) {
        try {
            return Files.exists(path)
                    ? path.toRealPath()
                    : path.toAbsolutePath().normalize();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    private static boolean isLiteral(String address) {
        try {
            InetAddress.ofLiteral(address);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
