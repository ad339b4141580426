package io.godwit.storage.image;

import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageSource;
import io.godwit.storage.ImageStore;
import io.godwit.storage.ImageStoreException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Asks of each image the store that serves the directory it stands in; others are plain files.
///
/// Of several stores that are asked for one guest, one may fail after another has granted. Nothing is undone then: a
/// grant of an epoch that never runs harms nobody, and is revoked by the next one or withdrawn.
public final class PlacedImages implements ImageStore {
    private final Map<Path, ImageStore> stores;
    private final ImageStore plain;

    /// @param stores by directory; none inside another
    /// @param plain  for images in no such directory
    public PlacedImages(Map<Path, ImageStore> stores, ImageStore plain) {
        this.stores = Map.copyOf(stores);
        this.plain = plain;
    }

    @Override
    public boolean fences(Set<String> images) {
        return images.stream().allMatch(image -> storeOf(image).fences(Set.of(image)));
    }

    @Override
    public List<String> blockers(String guest, Set<String> images) throws InterruptedException {
        List<String> blockers = new ArrayList<>();
        for (Map.Entry<ImageStore, Set<String>> part : parts(images).entrySet()) {
            blockers.addAll(part.getKey().blockers(guest, part.getValue()));
        }
        return blockers;
    }

    @Override
    public Map<String, ImageSource> prepare(ImageGrant grant) throws ImageStoreException, InterruptedException {
        Map<String, ImageSource> sources = new HashMap<>();
        for (Map.Entry<ImageStore, Set<String>> part : parts(grant.images()).entrySet()) {
            sources.putAll(part.getKey().prepare(with(grant, part.getValue())));
        }
        return sources;
    }

    @Override
    public Map<String, ImageSource> activate(ImageGrant grant) throws ImageStoreException, InterruptedException {
        Map<String, ImageSource> sources = new HashMap<>();
        for (Map.Entry<ImageStore, Set<String>> part : parts(grant.images()).entrySet()) {
            sources.putAll(part.getKey().activate(with(grant, part.getValue())));
        }
        return sources;
    }

    @Override
    public void withdraw(ImageGrant grant) throws ImageStoreException, InterruptedException {
        ImageStoreException failure = null;
        for (Map.Entry<ImageStore, Set<String>> part : parts(grant.images()).entrySet()) {
            try {
                part.getKey().withdraw(with(grant, part.getValue()));
            } catch (ImageStoreException e) {
                failure = joined(failure, e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static ImageStoreException joined(@Nullable ImageStoreException first, ImageStoreException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    private Map<ImageStore, Set<String>> parts(Set<String> images) {
        Map<ImageStore, Set<String>> parts = new LinkedHashMap<>();
        images.stream()
                .sorted()
                .forEach(image -> parts.computeIfAbsent(storeOf(image), _ -> new HashSet<>())
                        .add(image));
        return parts;
    }

    /// By the path as it is written, links not followed: all hosts must come to the same answer, whatever their own
    /// files look like. The image server follows them, and refuses what leads out of its directories.
    private ImageStore storeOf(String image) {
        try {
            Path path = Path.of(image).normalize();
            for (Map.Entry<Path, ImageStore> store : stores.entrySet()) {
                if (path.startsWith(store.getKey())) {
                    return store.getValue();
                }
            }
        } catch (InvalidPathException _) {
            // Whoever opens it will say so.
        }
        return plain;
    }

    private static ImageGrant with(ImageGrant grant, Set<String> images) {
        return new ImageGrant(grant.guest(), grant.epoch(), grant.cause(), images);
    }
}
