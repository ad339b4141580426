package io.godwit.agent.migrations;

import io.godwit.agent.guests.AgentException;
import io.godwit.migration.SwitchoverGate;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import java.util.UUID;

/// The source's side of the owner record for one migration.
final class SourceGate implements SwitchoverGate {
    private final Ownership ownership;
    private final AddressTakeover takeover;
    private final String guest;
    private final long epoch;
    private final String target;
    private final UUID migration;

    SourceGate(Ownership ownership, AddressTakeover takeover, String guest, long epoch, String target, UUID migration) {
        this.ownership = ownership;
        this.takeover = takeover;
        this.guest = guest;
        this.epoch = epoch;
        this.target = target;
        this.migration = migration;
    }

    /// A handover that did not come about leaves the guest running here only if the record still allows it, so
    /// the guest is taken back first, however long it takes to know that. It runs on meanwhile.
    ///
    /// This host falls silent first: a guest that arrived a moment ago may still be being announced, and must not
    /// be any more once the target can announce it.
    ///
    /// @throws IllegalStateException if another host owns the guest: this copy is outrun, and [#takeBack] says so
    @Override
    public void beginHandover() throws GateClosed, InterruptedException {
        takeover.silence(guest);
        try {
            ownership.beginHandover(guest, epoch, target, migration);
        } catch (OwnershipException e) {
            throw switch (e.kind()) {
                case UNKNOWN -> new GateClosed(AgentException.words(e), e);
                case REFUSED, UNDECIDED -> closed(e);
            };
        }
    }

    private GateClosed closed(OwnershipException cause) throws InterruptedException {
        return switch (takeBack()) {
            case Verdict.RunHere _ -> new GateClosed("The handover did not come about: " + cause.getMessage(), cause);
            case Verdict.RunElsewhere other -> {
                if (other.host().isEmpty()) {
                    yield new GateClosed("The handover did not come about: " + cause.getMessage(), cause);
                }
                throw new IllegalStateException(
                        "The record names another owner: " + other.host() + ", epoch " + other.epoch(), cause);
            }
        };
    }

    @Override
    public Verdict takeBack() throws InterruptedException {
        return Verdicts.of(ownership.takeBack(guest, migration));
    }

    @Override
    public void expectCommit() {
        throw new IllegalStateException("Only the target commits; this is the source of guest " + guest);
    }

    @Override
    public Verdict commit() {
        throw new IllegalStateException("Only the target commits; this is the source of guest " + guest);
    }
}
