package io.godwit.agent.migrations;

import io.godwit.migration.SwitchoverGate;
import io.godwit.storage.Claims;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.Ownership;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The target's side of the owner record for one migration.
final class TargetGate implements SwitchoverGate {
    private static final Logger LOG = LoggerFactory.getLogger(TargetGate.class);
    private static final Duration RETRY = Duration.ofMillis(500);

    private final Ownership ownership;
    private final String guest;
    private final UUID migration;
    private final Claims claims;
    private final Fencing fencing;
    private volatile Ownership.@Nullable PreparedCommit ahead;

    /// Makes sure that nobody else can write the guest's images.
    @FunctionalInterface
    interface Fencing {
        /// @throws ImageStoreException if that is not so yet
        void activate(long epoch) throws ImageStoreException, InterruptedException;
    }

    TargetGate(Ownership ownership, String guest, UUID migration, Claims claims) {
        this(ownership, guest, migration, claims, _ -> {});
    }

    TargetGate(Ownership ownership, String guest, UUID migration, Claims claims, Fencing fencing) {
        this.ownership = ownership;
        this.guest = guest;
        this.migration = migration;
        this.claims = claims;
        this.fencing = fencing;
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
    public void expectCommit() throws InterruptedException {
        ahead = ownership.prepareCommit(guest, migration, claims);
    }

    /// The record first, the images after: an image server grants them to nobody whom the record does not name.
    /// While the images cannot be had the guest belongs to this host and stands still here, for nobody else may run
    /// it; so this goes on trying until it has them, or the record has given the guest to somebody else.
    @Override
    public Verdict commit() throws InterruptedException {
        Ownership.PreparedCommit prepared = ahead;
        io.godwit.storage.Verdict verdict =
                prepared == null ? ownership.commit(guest, migration, claims) : prepared.commit();
        while (verdict instanceof io.godwit.storage.Verdict.Mine mine) {
            try {
                fencing.activate(mine.epoch());
                return Verdicts.of(mine);
            } catch (ImageStoreException e) {
                LOG.error(
                        "Guest {} is this host's in epoch {} and stands still until it has its images: {}",
                        guest,
                        mine.epoch(),
                        e.getMessage());
                Thread.sleep(RETRY);
                verdict = ownership.settle(guest);
            }
        }
        return Verdicts.of(verdict);
    }
}
