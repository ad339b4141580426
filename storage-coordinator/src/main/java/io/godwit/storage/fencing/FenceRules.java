package io.godwit.storage.fencing;

import io.godwit.storage.GuestEntry;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Whether the owner record allows what a host asks of an image server. The record may be read late, and then says no
/// to who will be right a moment later, or yes to who was right a moment ago; neither harms, for a newer epoch
/// overtakes an older one at the image server itself, in whichever order they come.
public final class FenceRules {
    private FenceRules() {}

    /// What is asked, apart from which images.
    public enum Wish {
        PREPARE,
        ACTIVATE,
        WITHDRAW
    }

    /// @param asker   the host that asks, as its certificate proves
    /// @param entry   the guest's records; empty if there are none
    /// @param claimed images the guest writes, by its recorded specification
    /// @return why not, in a sentence; empty if it may be
    public static Optional<String> objection(
            Wish wish, String asker, ImageGrant grant, Optional<GuestEntry> entry, Set<String> claimed) {
        if (entry.isEmpty()) {
            return wish == Wish.WITHDRAW
                    ? Optional.empty()
                    : Optional.of("There is no record of guest " + grant.guest());
        }
        OwnerRecord owner = entry.get().owner();
        boolean allowed = switch (wish) {
            case PREPARE -> !(owner.state() instanceof OwnerState.Stopped) && grant.epoch() == owner.epoch() + 1;
            case ACTIVATE ->
                owner.state() instanceof OwnerState.Running
                        && owner.host().equals(asker)
                        && grant.epoch() == owner.epoch();
            case WITHDRAW ->
                grant.epoch() != owner.epoch()
                        || owner.host().equals(asker)
                        || owner.state() instanceof OwnerState.Stopped;
        };
        if (!allowed) {
            return Optional.of("Host " + asker + " cannot " + wish.name().toLowerCase(Locale.ROOT) + " epoch "
                    + grant.epoch() + " of guest " + grant.guest() + ", whose record says " + words(owner));
        }
        if (wish != Wish.WITHDRAW && !claimed.containsAll(grant.images())) {
            return Optional.of("Not all of these are images that guest " + grant.guest() + " writes: "
                    + grant.images().stream().sorted().toList());
        }
        return Optional.empty();
    }

    private static String words(OwnerRecord owner) {
        String state = switch (owner.state()) {
            case OwnerState.Running _ -> "RUNNING on " + owner.host();
            case OwnerState.Handover handover -> "HANDOVER from " + owner.host() + " to " + handover.target();
            case OwnerState.Stopped _ -> "STOPPED, last on " + owner.host();
        };
        return state + ", epoch " + owner.epoch();
    }
}
