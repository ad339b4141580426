package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.handover.OwnerEvent;
import org.jspecify.annotations.Nullable;

/// A change somebody asked for.
///
/// @param claims         the images and addresses that the guest is to own afterwards; null if they stay as they are
/// @param specification  null if it stays as it is
record ChangeRequest(
        OwnerEvent event, @Nullable Claims claims, @Nullable String specification, DebtChange debt) {

    static ChangeRequest of(OwnerEvent event) {
        return of(event, new DebtChange.Untouched());
    }

    static ChangeRequest of(OwnerEvent event, DebtChange debt) {
        return new ChangeRequest(event, null, null, debt);
    }

    /// Whether the images and addresses must be looked at for this change.
    boolean concernsClaims() {
        return switch (event) {
            case OwnerEvent.Claim _, OwnerEvent.TakeOver _, OwnerEvent.Commit _, OwnerEvent.Forget _ -> true;
            case OwnerEvent.Stop _, OwnerEvent.BeginHandover _, OwnerEvent.TakeBack _, OwnerEvent.Settle _ -> false;
        };
    }

    /// Whether the debt must be looked at for this change: a guest's records can only go together with it.
    boolean concernsDebt() {
        return !(debt instanceof DebtChange.Untouched) || event instanceof OwnerEvent.Forget;
    }

    /// What the guest is to own afterwards.
    Claims wanted(Claims present) {
        if (event instanceof OwnerEvent.Forget) {
            return Claims.NONE;
        }
        return claims == null ? present : claims;
    }
}
