package io.godwit.agent.migrations;

import io.godwit.migration.SwitchoverGate;
import io.godwit.storage.Claims;
import io.godwit.storage.Ownership;
import java.util.UUID;

/// The target's side of the owner record for one migration.
final class TargetGate implements SwitchoverGate {
    private final Ownership ownership;
    private final String guest;
    private final UUID migration;
    private final Claims claims;

    TargetGate(Ownership ownership, String guest, UUID migration, Claims claims) {
        this.ownership = ownership;
        this.guest = guest;
        this.migration = migration;
        this.claims = claims;
    }

    @Override
    public void beginHandover() {
        throw new IllegalStateException("Only the source begins a handover; this is the target of guest " + guest);
    }

    @Override
    public Verdict takeBack() {
        throw new IllegalStateException("Only the source takes a guest back; this is the target of guest " + guest);
    }

    @Override
    public Verdict commit() throws InterruptedException {
        return Verdicts.of(ownership.commit(guest, migration, claims));
    }
}
