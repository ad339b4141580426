package io.godwit.agent.guests;

import io.godwit.agent.api.SettlementView;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares, every few seconds, what the records say of this host with what it has, and settles what differs. An
/// agent also does so when it starts, but a write that it sent before it died can be applied after that, and a
/// process can vanish without anybody noticing.
///
/// A difference is settled when two comparisons in a row have found the same, each with what was read after the
/// server had caught up: most differences are operations under way. The settling itself asks the record once more,
/// under the guest's lock, and leaves alone what is being started, moved or received.
public final class Recomparison implements AutoCloseable {
    public static final Duration INTERVAL = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Recomparison.class);
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final HostContext host;
    private final Recovery recovery;
    private final Duration interval;
    private final Thread thread;
    private Map<String, String> seenBefore = Map.of();

    private Recomparison(HostContext host, Recovery recovery, Duration interval) {
        this.host = host;
        this.recovery = recovery;
        this.interval = interval;
        this.thread = Thread.ofVirtual().name("godwit-recomparison").unstarted(this::run);
    }

    public static Recomparison start(HostContext host, Recovery recovery, Duration interval) {
        Recomparison started = new Recomparison(host, recovery, interval);
        started.thread.start();
        return started;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                try {
                    compare();
                } catch (OwnershipException e) {
                    seenBefore = Map.of();
                    LOG.debug("Records and guests were not compared: {}", e.getMessage());
                } catch (RuntimeException e) {
                    seenBefore = Map.of();
                    LOG.error("Records and guests could not be compared", e);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void compare() throws OwnershipException, InterruptedException {
        if (!host.ownership().connected()) {
            seenBefore = Map.of();
            return;
        }
        host.ownership().sync();
        Map<String, String> found = new HashMap<>();
        for (GuestEntry entry : host.ownership().guests()) {
            difference(entry).ifPresent(difference -> found.put(entry.guest(), difference));
            payIfRunning(entry);
        }
        for (Map.Entry<String, String> difference : found.entrySet()) {
            if (difference.getValue().equals(seenBefore.get(difference.getKey()))) {
                settle(difference.getKey(), difference.getValue());
            }
        }
        seenBefore = Map.copyOf(found);
    }

    private void settle(String guest, String difference) throws InterruptedException {
        LOG.warn("Guest {} is not here as its record says: {}", guest, difference);
        try {
            SettlementView done = recovery.settle(guest);
            LOG.info("Guest {}: {}", guest, done.done());
        } catch (AgentException e) {
            LOG.warn("Guest {} is left as it is for now: {}", guest, e.getMessage());
        }
    }

    /// A guest without any record is left alone: the records may be what was lost.
    private Optional<String> difference(GuestEntry entry) {
        boolean ours = entry.owner().host().equals(host.name());
        boolean stopped = entry.owner().state() instanceof OwnerState.Stopped;
        long epoch = entry.owner().epoch();
        Optional<GuestSlot> slot = host.table().find(entry.guest());
        if (slot.isEmpty()) {
            return ours && !stopped ? Optional.of("nothing of it is here, epoch " + epoch) : Optional.empty();
        }
        if (!(slot.get().state() instanceof SlotState.Here here)) {
            return Optional.empty();
        }
        if (!ours || stopped || here.epoch() != epoch) {
            return Optional.of("it is here in epoch " + here.epoch() + ", the record says epoch " + epoch + " on "
                    + entry.owner().host() + (stopped ? ", stopped" : ""));
        }
        return entry.owner().state() instanceof OwnerState.Handover handover
                ? Optional.of("migration " + handover.migration() + " was left half done")
                : Optional.empty();
    }

    /// Somebody died, or lost ZooKeeper, between starting the guest and saying so.
    private void payIfRunning(GuestEntry entry) throws InterruptedException {
        Optional<GuestSlot> slot = host.table().find(entry.guest());
        if (entry.debt() == null
                || slot.isEmpty()
                || !(slot.get().state() instanceof SlotState.Here here)
                || !entry.owner().host().equals(host.name())
                || here.epoch() != entry.owner().epoch()) {
            return;
        }
        try {
            host.ownership().paid(entry.guest(), here.epoch());
        } catch (OwnershipException e) {
            LOG.debug("Guest {} is still owed a start in its record: {}", entry.guest(), e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            if (!thread.join(Duration.ofMillis(STOP_TIMEOUT_MS))) {
                LOG.warn("The comparison of records and guests did not end within {} ms", STOP_TIMEOUT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
