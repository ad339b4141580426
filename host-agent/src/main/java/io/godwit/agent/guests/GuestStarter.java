package io.godwit.agent.guests;

import io.godwit.agent.guests.AgentException.Code;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.NbdDisk;
import io.godwit.storage.Debt;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.placement.RestartPolicy;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts a guest whose name is reserved: its record first, then its process, then its first instruction.
final class GuestStarter {
    private static final Logger LOG = LoggerFactory.getLogger(GuestStarter.class);
    static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(10);

    private final HostContext host;
    private final RecordKeeper records;
    private final AddressCheck addresses;

    GuestStarter(HostContext host, RecordKeeper records, AddressCheck addresses) {
        this.host = host;
        this.records = records;
        this.addresses = addresses;
    }

    /// @param duplicates a sentence for each machine that answered for one of the guest's addresses before it ran
    record Started(Guest guest, List<String> duplicates) {}

    /// On success the guest is here and runs, or is paused if asked for. On failure nothing of it is left and
    /// its name is free, except that an undecided record keeps the name until it is settled.
    Started start(GuestSlot slot, GuestSpec spec, boolean paused, StartReason reason)
            throws AgentException, InterruptedException {
        AddressCheck.Looking looking = addresses.begin(spec);
        long epoch = claim(slot, spec, reason);
        Guest guest;
        List<String> duplicates;
        try {
            guest = create(slot, spec, epoch, paused, reason);
            duplicates = looking.await();
            if (!paused) {
                resume(slot, guest, epoch, reason);
            }
        } catch (RuntimeException e) {
            // Nobody knows how far it came: the record goes on saying that it may run here.
            host.table().transitionTo(slot, new SlotState.Unmanaged(AgentException.words(e)), "its start broke off");
            throw e;
        }
        host.table().transitionTo(slot, new SlotState.Here(guest, epoch), "started, epoch " + epoch);
        return new Started(guest, duplicates);
    }

    private long claim(GuestSlot slot, GuestSpec spec, StartReason reason) throws AgentException, InterruptedException {
        Ownership owners = host.ownership();
        try {
            return switch (reason) {
                case StartReason.Created(RestartPolicy policy) ->
                    owners.claim(spec.name(), SpecJson.write(spec, policy), SpecJson.claims(spec));
                case StartReason.Again _ -> owners.claimAgain(spec.name());
                case StartReason.Owed(Debt debt) -> owners.claimOwed(spec.name(), debt);
                case StartReason.TakenOver(String dead, int deadVersion, long epoch, Debt debt) ->
                    owners.takeOver(spec.name(), dead, deadVersion, epoch, debt);
            };
        } catch (OwnershipException e) {
            if (e.kind() == OwnershipException.Kind.UNDECIDED) {
                settleLater(slot, reason, e);
            } else {
                host.table().remove(slot, "its record could not be claimed");
            }
            throw AgentException.of(e, "not started");
        } catch (RuntimeException e) {
            settleLater(slot, reason, e);
            throw e;
        }
    }

    private void settleLater(GuestSlot slot, StartReason reason, Exception cause) {
        records.settleLater(slot, reason.onFailure(AgentException.words(cause)));
    }

    private Guest create(GuestSlot slot, GuestSpec spec, long epoch, boolean paused, StartReason reason)
            throws AgentException, InterruptedException {
        try {
            if (paused) {
                host.notes().write(spec.name(), epoch);
            } else {
                host.notes().clear(spec.name());
            }
            Map<String, NbdDisk> served = host.images().start(spec, host.name(), epoch);
            return host.hypervisor().create(spec, served);
        } catch (HypervisorException | ImageStoreException | UncheckedIOException e) {
            throw failed(slot, epoch, reason, e);
        }
    }

    private void resume(GuestSlot slot, Guest guest, long epoch, StartReason reason)
            throws AgentException, InterruptedException {
        try {
            guest.resume();
        } catch (HypervisorException e) {
            try {
                guest.destroy(DESTROY_TIMEOUT);
            } catch (HypervisorException left) {
                // It may run: its record must go on saying that it does.
                e.addSuppressed(left);
                host.table()
                        .transitionTo(
                                slot,
                                new SlotState.Unmanaged(AgentException.words(left)),
                                "it can be neither run nor ended");
                throw new AgentException(
                        Code.FAILED,
                        "Guest " + slot.name() + " could be neither run nor ended: " + left.getMessage(),
                        "unknown",
                        "End its process by hand, then restart the agent.",
                        e);
            }
            throw failed(slot, epoch, reason, e);
        }
    }

    private AgentException failed(GuestSlot slot, long epoch, StartReason reason, Exception cause)
            throws InterruptedException {
        host.notes().clear(slot.name());
        try {
            records.end(slot, epoch, reason.onFailure(AgentException.words(cause)), "it could not be started");
        } catch (AgentException e) {
            LOG.warn("The record of guest {}, which could not be started: {}", slot.name(), e.getMessage());
        }
        return new AgentException(
                Code.FAILED,
                "Guest " + slot.name() + " could not be started: " + cause.getMessage(),
                "not started",
                "",
                cause);
    }
}
