package io.godwit.agent.migrations;

import io.godwit.agent.api.AdjustRequest;
import io.godwit.agent.api.Blockers;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.MigrationView;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.GuestEnds;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.GuestViews;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.SlotState;
import io.godwit.migration.Adjustment;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.OnSlow;
import io.godwit.migration.PagePolicy;
import io.godwit.migration.PagePolicy.Compression;
import io.godwit.migration.WhenSlow;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Migrations that leave this host. The latest of each guest can be asked for after it has ended, until the guest
/// comes back or many others have left.
public final class Departures {
    private static final Logger LOG = LoggerFactory.getLogger(Departures.class);
    private static final int REMEMBERED_MAX = 256;
    private static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(10);

    private final HostContext host;
    private final GuestEnds ends;
    private final AddressTakeover takeover;
    private final MigrationEngine engine;
    private final Latest latest;

    public Departures(
            HostContext host, GuestEnds ends, AddressTakeover takeover, MigrationEngine engine, Latest latest) {
        this.host = host;
        this.ends = ends;
        this.takeover = takeover;
        this.engine = engine;
        this.latest = latest;
    }

    /// The latest migration of each guest that left, bounded.
    public static final class Latest {
        private final Map<String, Departure> byGuest = new LinkedHashMap<>();

        synchronized void put(Departure departure) {
            byGuest.remove(departure.guest());
            byGuest.put(departure.guest(), departure);
            if (byGuest.size() > REMEMBERED_MAX) {
                byGuest.values().stream()
                        .filter(old -> !old.underWay())
                        .findFirst()
                        .ifPresent(old -> byGuest.remove(old.guest()));
            }
        }

        synchronized Optional<Departure> get(String guest) {
            return Optional.ofNullable(byGuest.get(guest));
        }

        /// Forgets a guest that comes back: whoever asks about its migration now does not mean the old one.
        public synchronized void forget(String guest) {
            byGuest.remove(guest);
        }
    }

    /// Starts to move a guest of this host and returns at once.
    public MigrationView migrate(String name, MigrateRequest request) throws AgentException, InterruptedException {
        MigrationPolicy policy = policy(request);
        return host.table().operate(name, (slot, here) -> {
            HostEntry target = target(request.targetHost(), here.guest());
            List<String> blockers = ownBlockers(target, here.guest());
            if (!blockers.isEmpty()) {
                throw new AgentException(Code.REFUSED, String.join("\n", blockers), GuestViews.state(here.guest()), "");
            }
            return start(slot, here, target, policy).view();
        });
    }

    /// Everything that speaks against the migration, on this host and on the target. Touches nothing.
    public Blockers dryRun(String name, MigrateRequest request) throws AgentException, InterruptedException {
        MigrationPolicy policy = policy(request);
        return host.table().operate(name, (_, here) -> {
            HostEntry target = target(request.targetHost(), here.guest());
            List<String> blockers = new ArrayList<>(ownBlockers(target, here.guest()));
            if (target.alive()) {
                try {
                    blockers.addAll(engine.preflight(
                            engineRequest(UUID.randomUUID(), here.guest(), here.epoch(), target, policy)));
                } catch (IOException e) {
                    blockers.add("Host " + target.host() + " cannot be asked: " + e.getMessage());
                }
            }
            return new Blockers(name, host.name(), target.host(), blockers);
        });
    }

    /// The present or latest migration of a guest from this host.
    public Optional<Departure> latest(String name) {
        return latest.get(name);
    }

    /// Asks for the present migration to be given up; it ends later, see its report.
    public MigrationView cancel(String name) throws AgentException {
        Departure departure = latest.get(name)
                .filter(Departure::underWay)
                .orElseThrow(() -> new AgentException(
                        Code.CONFLICT, "Guest is not migrating from this host: " + name, "unchanged", ""));
        departure.migration().cancel("It was cancelled by its operator");
        return departure.view();
    }

    /// Changes limits of the present migration.
    public MigrationView adjust(String name, AdjustRequest request) throws AgentException {
        Departure departure = latest.get(name)
                .filter(Departure::underWay)
                .orElseThrow(() -> new AgentException(
                        Code.CONFLICT, "Guest is not migrating from this host: " + name, "unchanged", ""));
        try {
            departure.migration().adjust(new Adjustment(request.bandwidthBytesPerSecond(), request.downtimeBudgetMs()));
        } catch (IllegalArgumentException e) {
            throw new AgentException(Code.BAD_REQUEST, AgentException.words(e), "unchanged", "", e);
        }
        return departure.view();
    }

    private MigrationPolicy policy(MigrateRequest request) throws AgentException {
        AgentConfig.MigrationSettings settings = host.config().migration();
        MigrationPolicy defaults = MigrationPolicy.DEFAULT;
        Boolean yields = request.yields();
        try {
            return new MigrationPolicy(
                    orElse(request.downtimeBudgetMs(), settings.downtimeBudgetMs()),
                    orElse(request.bandwidthBytesPerSecond(), settings.bandwidthBytesPerSecond()),
                    orElse(request.timeoutMs(), defaults.timeoutMs()),
                    defaults.roundsMax(),
                    settings.connections(),
                    request.verify(),
                    whenSlow(request, settings.whenSlow()),
                    yields == null ? settings.yields() : yields,
                    pages(request, settings.compression()));
        } catch (IllegalArgumentException e) {
            throw new AgentException(Code.BAD_REQUEST, AgentException.words(e), "unchanged", "", e);
        }
    }

    private static PagePolicy pages(MigrateRequest request, Compression byDefault) {
        String asked = request.compression();
        return PagePolicy.DEFAULT.withCompression(asked == null ? byDefault : Compression.parse(asked));
    }

    private static WhenSlow whenSlow(MigrateRequest request, WhenSlow byDefault) {
        String asked = request.onSlow();
        OnSlow answer = asked == null ? byDefault.answer() : OnSlow.parse(asked);
        return byDefault
                .withAnswer(answer)
                .withDowntimeMaxMs(orElse(request.downtimeMaxMs(), byDefault.downtimeMaxMs()));
    }

    private static long orElse(@Nullable Long asked, long byDefault) {
        return asked == null ? byDefault : asked;
    }

    private HostEntry target(String target, Guest guest) throws AgentException {
        String state = GuestViews.state(guest);
        if (target.equals(host.name())) {
            throw new AgentException(
                    Code.CONFLICT, "The guest is on that host already: " + target, state, "Name another host.");
        }
        try {
            if (!host.ownership().connected()) {
                throw new AgentException(
                        Code.UNAVAILABLE,
                        "ZooKeeper does not answer, so no migration can begin",
                        state,
                        "Check that ZooKeeper runs and has a quorum, then try again. The guest runs on here.");
            }
            Optional<HostEntry> entry = host.ownership().host(target);
            if (entry.isPresent()) {
                return entry.get();
            }
            String known = host.ownership().hosts().stream()
                    .map(HostEntry::host)
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new AgentException(
                    Code.NOT_FOUND, "There is no such host: " + target, state, "The hosts are: " + known);
        } catch (OwnershipException e) {
            throw AgentException.of(e, state);
        }
    }

    private List<String> ownBlockers(HostEntry target, Guest guest) {
        List<String> blockers = new ArrayList<>();
        if (!target.alive()) {
            blockers.add("The agent of host " + target.host() + " holds no session with ZooKeeper: it is down or cut"
                    + " off");
        }
        blockers.addAll(host.table().migrationBlockers(SlotState.Leaving.class, "sends"));
        try {
            RunState state = guest.state();
            if (state != RunState.RUNNING && state != RunState.PAUSED) {
                blockers.add("The guest neither runs nor is paused: " + state);
            }
        } catch (HypervisorException e) {
            blockers.add("The guest cannot be asked for its state: " + e.getMessage());
        }
        return blockers;
    }

    private Departure start(GuestSlot slot, SlotState.Here here, HostEntry target, MigrationPolicy policy)
            throws AgentException {
        UUID id = UUID.randomUUID();
        Guest guest = here.guest();
        // The state first: the engine may end before this thread goes on, and its end is judged by the state.
        host.table().beginLeaving(slot, new SlotState.Leaving(guest, here.epoch(), target.host(), id));
        try {
            Migration migration = engine.start(engineRequest(id, guest, here.epoch(), target, policy));
            Departure departure =
                    new Departure(slot.name(), host.name(), target.host(), migration, new CompletableFuture<>());
            latest.put(departure);
            var _ = migration.report().thenAccept(report -> concludeLater(slot, departure, report));
            return departure;
        } catch (RuntimeException e) {
            host.table().transitionTo(slot, here, "migration " + id + " did not begin");
            throw e;
        }
    }

    private void concludeLater(GuestSlot slot, Departure departure, MigrationReport report) {
        try {
            host.threads().execute(() -> conclude(slot, departure, report));
        } catch (RejectedExecutionException e) {
            LOG.info("Migration {} ended while the agent stopped: {}", report.migration(), report.reason());
            departure.ended().complete(report);
        }
    }

    private MigrationRequest engineRequest(UUID id, Guest guest, long epoch, HostEntry target, MigrationPolicy policy) {
        return new MigrationRequest(
                id,
                guest,
                host.hypervisor().capabilities(),
                host.name(),
                target.host(),
                new InetSocketAddress(target.address(), target.migrationPort()),
                policy,
                new SourceGate(host.ownership(), takeover, guest.spec().name(), epoch, target.host(), id),
                new OwedNote(host.pageNotes(), guest.spec().name(), epoch));
    }

    private void conclude(GuestSlot slot, Departure departure, MigrationReport report) {
        LOG.info(
                "Migration {} of guest {}: {}, {}",
                report.migration(),
                report.guest(),
                report.result(),
                report.reason());
        host.table().exclusively(slot, () -> {
            if (!(slot.state() instanceof SlotState.Leaving leaving)) {
                throw new IllegalStateException(
                        "Guest " + slot.name() + " " + slot.state().words());
            }
            switch (report.result()) {
                case COMPLETED -> moved(slot, leaving, report);
                case FAILED, CANCELLED -> stays(slot, leaving, report);
            }
        });
        departure.ended().complete(report);
    }

    private void moved(GuestSlot slot, SlotState.Leaving leaving, MigrationReport report) {
        host.notes().clear(slot.name());
        if (stillOwed(slot.name())) {
            // The agent stops while the guest still needs what is here of it: the next agent goes on.
            leaving.guest().close();
            host.table()
                    .transitionTo(
                            slot,
                            new SlotState.Reserved("kept for pages that " + report.target() + " needs"),
                            "the agent stops");
            return;
        }
        host.images().forget(slot.name());
        takeover.silence(slot.name());
        ends.forget(slot.name());
        try {
            // The engine did so already, or the report warns that it could not: then this is the second attempt.
            leaving.guest().destroy(DESTROY_TIMEOUT);
            host.table().remove(slot, "it moved to " + report.target() + ", epoch " + report.epoch());
            closeLater(leaving.guest());
        } catch (HypervisorException e) {
            LOG.error("Guest {} moved away, but its copy here cannot be removed: {}", slot.name(), e.getMessage());
            // Its hypervisor talks to one holder at a time, and the next attempt will be another one.
            leaving.guest().close();
            host.table().transitionTo(slot, new SlotState.Unmanaged(AgentException.words(e)), "what it left is stuck");
        }
    }

    /// Nothing of the guest is left but memory, and giving gigabytes of it back takes the kernel a while.
    private void closeLater(Guest guest) {
        try {
            host.threads().execute(guest::close);
        } catch (RejectedExecutionException e) {
            LOG.debug(
                    "The agent stops, which gives the memory of guest {} back",
                    guest.spec().name(),
                    e);
        }
    }

    /// The engine forgets a debt when it is paid. What cannot be read may be one.
    private boolean stillOwed(String name) {
        try {
            return host.pageNotes().owed(name).isPresent();
        } catch (IOException e) {
            LOG.error("What is left of guest {} is kept: {}", name, e.getMessage());
            return true;
        }
    }

    private void stays(GuestSlot slot, SlotState.Leaving leaving, MigrationReport report) {
        host.table()
                .transitionTo(
                        slot,
                        new SlotState.Here(leaving.guest(), leaving.epoch()),
                        "migration " + report.migration() + ": " + report.result());
        if (leaving.guest().gone().isDone()) {
            ends.watch(slot, leaving.guest());
        }
    }
}
