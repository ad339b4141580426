package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Where a lab keeps its files. The run folder's path is short because Unix sockets stand in it, whose paths end
/// at 107 bytes; images stand on a real disk because not every kernel can write a tmpfs past its cache.
///
/// @param run     `/run/godwit-lab/LAB`: a folder a host, one for ZooKeeper, certificates
/// @param memory  `/dev/shm/godwit-lab/LAB`: a folder a host with the RAM of its guests
/// @param images  `/var/tmp/godwit-lab/LAB`: what all hosts share
record LabPaths(Path run, Path memory, Path images) {

    static LabPaths of(String lab) {
        return new LabPaths(
                Path.of("/run/godwit-lab", lab),
                Path.of("/dev/shm/godwit-lab", lab),
                Path.of("/var/tmp/godwit-lab", lab));
    }

    void create() {
        try {
            for (Path folder : List.of(run, memory, images)) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw new LabException("Folders cannot be made for the lab in " + run, e);
        }
    }

    void delete() {
        List.of(run, memory, images).forEach(Folders::delete);
    }
}
