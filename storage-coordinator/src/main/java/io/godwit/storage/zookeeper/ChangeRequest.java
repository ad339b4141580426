package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.handover.OwnerEvent;
import org.jspecify.annotations.Nullable;

/// A change somebody asked for.
///
/// @param claims         the images and addresses that the guest is to own afterwards; null if they stay as they are
/// @param specification  null if it stays as it is
record ChangeRequest(
        OwnerEvent event, @Nullable Claims claims, @Nullable String specification) {

    static ChangeRequest of(OwnerEvent event) {
        return new ChangeRequest(event, null, null);
    }

    /// Whether the images and addresses must be looked at for this change.
    boolean concernsClaims() {
        return claims != null || event instanceof OwnerEvent.Forget;
    }
}
