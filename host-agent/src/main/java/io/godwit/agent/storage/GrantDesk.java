package io.godwit.agent.storage;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.fencing.FenceRules;
import io.godwit.storage.fencing.FenceRules.Wish;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/// Where hosts ask an image server for grants: sees to it that the owner record allows what is asked for.
public final class GrantDesk {
    private final ImageServer server;
    private final Ownership ownership;
    private final BiFunction<String, String, Optional<GuestSpec>> specifications;

    /// @param specifications reads what stands in a guest's record, given its name
    GrantDesk(ImageServer server, Ownership ownership, BiFunction<String, String, Optional<GuestSpec>> specifications) {
        this.server = server;
        this.ownership = ownership;
        this.specifications = specifications;
    }

    public int port() {
        return server.port();
    }

    /// @throws ImageStoreException with what keeps these images from being granted to anybody
    public void check(Set<String> images) throws ImageStoreException {
        server.check(images);
    }

    /// @param asker the host that asks, as its certificate proves
    /// @return the exports' names by the images' paths; empty for a withdrawal
    /// @throws ImageStoreException REFUSED if it cannot be, UNAVAILABLE if asking again may help
    public Map<String, String> ask(Wish wish, String asker, ImageGrant grant)
            throws ImageStoreException, InterruptedException {
        Optional<GuestEntry> entry = read(grant.guest());
        Map<String, Format> written = new HashMap<>();
        entry.flatMap(present -> specifications.apply(grant.guest(), present.specification()))
                .ifPresent(spec -> spec.disks().stream()
                        .filter(disk -> !disk.readOnly())
                        .forEach(disk -> written.put(disk.path(), disk.format())));
        Optional<String> objection = FenceRules.objection(wish, asker, grant, entry, written.keySet());
        if (objection.isPresent()) {
            // Who was right a moment ago is told so again; who will be right in a moment asks again.
            throw new ImageStoreException(Kind.UNAVAILABLE, objection.get());
        }
        return switch (wish) {
            case PREPARE -> server.prepare(grant, written);
            case ACTIVATE -> server.activate(grant, written);
            case WITHDRAW -> {
                server.withdraw(grant, written);
                yield Map.of();
            }
        };
    }

    private Optional<GuestEntry> read(String guest) throws ImageStoreException {
        try {
            ownership.sync();
            return ownership.guest(guest);
        } catch (OwnershipException e) {
            throw new ImageStoreException(
                    Kind.UNAVAILABLE, "The image server cannot read the guest's record: " + e.getMessage(), e);
        }
    }

    /// Whether two disks of a guest are one image: each would see the other's writes.
    static boolean sharesImages(GuestSpec spec) {
        return spec.disks().stream().map(GuestSpec.Disk::path).distinct().count()
                < spec.disks().size();
    }
}
