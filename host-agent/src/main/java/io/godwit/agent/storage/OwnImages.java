package io.godwit.agent.storage;

import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageSource;
import io.godwit.storage.ImageStore;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.fencing.FenceRules.Wish;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The images that this host itself serves, for its own guests: asked for without a detour over its API, which is not
/// open yet when an agent starts.
final class OwnImages implements ImageStore {
    private final String host;
    private final String address;
    private final GrantDesk desk;

    OwnImages(String host, String address, GrantDesk desk) {
        this.host = host;
        this.address = address;
        this.desk = desk;
    }

    @Override
    public boolean fences(Set<String> images) {
        return true;
    }

    @Override
    public List<String> blockers(String guest, Set<String> images) {
        try {
            desk.check(images);
            return List.of();
        } catch (ImageStoreException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Map<String, ImageSource> prepare(ImageGrant grant) throws ImageStoreException, InterruptedException {
        return ask(Wish.PREPARE, grant);
    }

    @Override
    public Map<String, ImageSource> activate(ImageGrant grant) throws ImageStoreException, InterruptedException {
        return ask(Wish.ACTIVATE, grant);
    }

    @Override
    public void withdraw(ImageGrant grant) throws ImageStoreException, InterruptedException {
        var _ = ask(Wish.WITHDRAW, grant);
    }

    private Map<String, ImageSource> ask(Wish wish, ImageGrant grant) throws ImageStoreException, InterruptedException {
        Map<String, ImageSource> sources = new HashMap<>();
        desk.ask(wish, host, grant)
                .forEach((path, export) ->
                        sources.put(path, new ImageSource.Export(host, address, desk.port(), export)));
        return sources;
    }
}
