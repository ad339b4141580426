package io.godwit.storage.image;

import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageSource;
import io.godwit.storage.ImageStore;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Images that every host sees as files: NFS, GFS2, Lustre. There is nobody who could refuse a writer, so nothing is
/// revoked here.
///
/// What is left are QEMU's locks on the images and the lease. They do not cover a write that was handed to the kernel
/// or the network before its guest was paused, nor a host that stops as a whole and comes back; and locks are as good
/// as the file system carries them between hosts, which NFS before version 4 does not once a host has died.
public final class SharedDirectory implements ImageStore {
    @Override
    public boolean fences(Set<String> images) {
        return images.isEmpty();
    }

    @Override
    public List<String> blockers(String guest, Set<String> images) {
        return List.of();
    }

    @Override
    public Map<String, ImageSource> prepare(ImageGrant grant) {
        return sources(grant);
    }

    @Override
    public Map<String, ImageSource> activate(ImageGrant grant) {
        return sources(grant);
    }

    @Override
    public void withdraw(ImageGrant grant) {}

    private static Map<String, ImageSource> sources(ImageGrant grant) {
        return grant.images().stream().collect(Collectors.toMap(image -> image, ImageSource.File::new));
    }
}
