package io.godwit.agent.migrations;

import io.godwit.agent.guests.AgentException;
import io.godwit.migration.SwitchoverGate;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import java.util.UUID;

/// The source's side of the owner record for one migration.
final class SourceGate implements SwitchoverGate {
    private final Ownership ownership;
    private final String guest;
    private final long epoch;
    private final String target;
    private final UUID migration;

    SourceGate(Ownership ownership, String guest, long epoch, String target, UUID migration) {
        this.ownership = ownership;
        this.guest = guest;
        this.epoch = epoch;
        this.target = target;
        this.migration = migration;
    }

    /// If ZooKeeper leaves the outcome undecided, the guest is taken back first, however long that takes: only
    /// then is it true that the record will not change any more by this call. The guest runs on meanwhile.
    @Override
    public void beginHandover() throws GateClosed, InterruptedException {
        try {
            ownership.beginHandover(guest, epoch, target, migration);
        } catch (OwnershipException e) {
            throw switch (e.kind()) {
                case REFUSED, UNKNOWN -> new GateClosed(AgentException.words(e), e);
                case UNDECIDED -> undecided(e);
            };
        }
    }

    private GateClosed undecided(OwnershipException cause) throws InterruptedException {
        return switch (takeBack()) {
            case Verdict.RunHere _ ->
                new GateClosed("The handover was given up and taken back: " + cause.getMessage(), cause);
            case Verdict.RunElsewhere other ->
                new GateClosed(
                        "The handover was given up, but the record names another owner: '" + other.host() + "', epoch "
                                + other.epoch(),
                        cause);
        };
    }

    @Override
    public Verdict takeBack() throws InterruptedException {
        return Verdicts.of(ownership.takeBack(guest, migration));
    }

    @Override
    public Verdict commit() {
        throw new IllegalStateException("Only the target commits; this is the source of guest " + guest);
    }
}
