package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.Quantities;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The directories of the configuration.
final class PlaceChecks {
    private static final Set<String> MEMORY_TYPES = Set.of("tmpfs", "hugetlbfs");
    private static final Set<String> SHARED_TYPES = Set.of(
            "nfs",
            "nfs4",
            "gfs2",
            "ocfs2",
            "lustre",
            "ceph",
            "fuse.glusterfs",
            "fuse.ceph-fuse",
            "beegfs",
            "gpfs",
            "cifs",
            "smb3",
            "9p",
            "virtiofs");
    private static final long IMAGE_SPACE_BYTES_MIN = 1L << 30;

    private final AgentConfig config;

    PlaceChecks(AgentConfig config) {
        this.config = config;
    }

    Finding runDirectory() throws IOException {
        Path directory = config.runDirectory();
        Path existing = nearest(directory);
        if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
            return Finding.fail(
                    "run directory",
                    directory + " cannot be made or written",
                    "Run as root, or make it: mkdir -p " + directory);
        }
        String type = Files.getFileStore(existing).type();
        return type.equals("tmpfs")
                ? Finding.ok("run directory", directory.toString())
                : Finding.warn(
                        "run directory",
                        directory + " is on " + type + " and outlives a reboot, which guests do not",
                        "Use a directory below /run.");
    }

    Finding ramDirectory() throws IOException {
        Path directory = config.ramDirectory();
        Path existing = nearest(directory);
        if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
            return Finding.fail(
                    "RAM directory",
                    directory + " cannot be made or written",
                    "Run as root, or make it: mkdir -p " + directory);
        }
        FileStore store = Files.getFileStore(existing);
        if (!MEMORY_TYPES.contains(store.type())) {
            return Finding.fail(
                    "RAM directory",
                    directory + " is on " + store.type() + ", and guests' RAM must be memory",
                    "Use a directory on a tmpfs or hugetlbfs, such as /dev/shm/godwit.");
        }
        String detail = directory + ", " + store.type() + " of " + Quantities.showBytes(store.getTotalSpace());
        if (store.getTotalSpace() < config.limits().memoryBytes()) {
            return Finding.warn(
                    "RAM directory",
                    detail + ", less than limits.memory, which is "
                            + Quantities.showBytes(config.limits().memoryBytes()),
                    "mount -o remount,size=" + (config.limits().memoryBytes() >> 20) + "m " + mountPoint(existing)
                            + "  (and in /etc/fstab), or lower limits.memory");
        }
        return Finding.ok("RAM directory", detail);
    }

    List<Finding> imageDirectories() throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (Path directory : config.imageDirectories()) {
            findings.add(imageDirectory(directory));
        }
        return findings;
    }

    private static Finding imageDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return Finding.fail(
                    "images",
                    directory + " is not there",
                    "Mount the shared directory, at the same path on every host.");
        }
        if (!Files.isWritable(directory)) {
            return Finding.fail(
                    "images",
                    directory + " cannot be written",
                    "Mount it read-write; with NFS, export it with no_root_squash.");
        }
        FileStore store = Files.getFileStore(directory);
        if (!SHARED_TYPES.contains(store.type())) {
            return Finding.warn(
                    "images",
                    directory + " is on " + store.type() + ", which looks local to this host",
                    "Guests can only move if every host sees the same files here: mount shared storage.");
        }
        if (store.getUsableSpace() < IMAGE_SPACE_BYTES_MIN) {
            return Finding.warn(
                    "images",
                    directory + " has only " + Quantities.showBytes(store.getUsableSpace()) + " left",
                    "Make room: a guest whose image cannot grow stops.");
        }
        return Finding.ok(
                "images",
                directory + ", " + store.type() + ", " + Quantities.showBytes(store.getUsableSpace()) + " free");
    }

    static Path nearest(Path directory) {
        Path path = directory;
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }

    private static Path mountPoint(Path path) throws IOException {
        Path at = path.toRealPath();
        FileStore store = Files.getFileStore(at);
        while (at.getParent() != null && Files.getFileStore(at.getParent()).equals(store)) {
            at = at.getParent();
        }
        return at;
    }
}
