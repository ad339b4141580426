package io.godwit.agent;

import io.godwit.agent.AgentParts.EngineFactory;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.failover.Coordinator;
import io.godwit.agent.guests.Adoption;
import io.godwit.agent.guests.Announcements;
import io.godwit.agent.guests.GuestLifecycle;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.GuestTable;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PauseNotes;
import io.godwit.agent.guests.Recomparison;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.guests.Rescue;
import io.godwit.agent.guests.SlotState;
import io.godwit.agent.guests.SpecJson;
import io.godwit.agent.http.ApiServer;
import io.godwit.agent.http.PeerCalls;
import io.godwit.agent.migrations.Arrivals;
import io.godwit.agent.migrations.Departures;
import io.godwit.agent.migrations.OwedPages;
import io.godwit.agent.migrations.WaitingGuests;
import io.godwit.agent.rehearsal.Rehearsals;
import io.godwit.agent.storage.ImageRole;
import io.godwit.migration.MigrationEngine;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The daemon of one host. It comes up in this order, and goes down in the reverse: it announces its host, takes
/// charge of the guests that run there already, opens the listener for guests that arrive, and last the API. Then it
/// rehearses what it will be asked for.
///
/// Guests do not depend on it: they run on when it stops, and are found again when it starts.
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration ANNOUNCE_RETRY = Duration.ofSeconds(2);
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final Deque<Closing> closings = new ArrayDeque<>();

    /// One thing to close, with a name for the log.
    private record Closing(String what, AutoCloseable thing) {}

    private Agent() {}

    /// Runs the agent of this host until the process is told to end.
    ///
    /// @throws IOException if it cannot start; the message says why
    public static void run(AgentConfig config) throws IOException, InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("godwit-stop").unstarted(() -> {
                    stop.countDown();
                    try {
                        if (!stopped.await(6 * STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                            LOG.warn("The agent did not stop in time; its guests run on");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
        try (Agent _ = start(config, ProductionParts.open(config))) {
            LOG.info("Agent of host {} is up", config.name());
            stop.await();
            LOG.info("Agent of host {} stops; its guests run on", config.name());
        } finally {
            stopped.countDown();
        }
    }

    /// Starts an agent, which from then on owns the parts: it closes them when it stops, or if it cannot start.
    /// Waits while ZooKeeper does not answer.
    ///
    /// @throws IOException if it cannot start; nothing is left open then
    public static Agent start(AgentConfig config, AgentParts parts) throws IOException, InterruptedException {
        Agent agent = new Agent();
        try {
            agent.open(config, parts);
            return agent;
        } catch (IOException | InterruptedException | RuntimeException e) {
            agent.close();
            throw e;
        }
    }

    private void open(AgentConfig config, AgentParts parts) throws IOException, InterruptedException {
        closeLater("the meters", parts.meters()::close);
        LeaseParts lease = new LeaseParts(config, parts);
        closeLater("the ownership records", lease::closeRecords);
        closeLater("the address takeover", parts.takeover());
        closeLater("the run directory", RunDirectoryLock.take(config.runDirectory()));
        announce(config, parts, lease);
        Hypervisor hypervisor = lease.open(this::closeLater);
        ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("godwit-agent-", 0).factory());
        ImageRole images = ImageRole.open(
                config,
                parts.ownership(),
                PeerCalls.open(config.name(), config.tls()),
                parts.daemons(),
                SpecJson::read);
        closeLater("the images", images);
        HostContext host = new HostContext(
                config,
                hypervisor,
                parts.ownership(),
                new GuestTable(config.limits()),
                new PauseNotes(config.runDirectory().resolve("paused")),
                threads,
                images.grants());
        closeLater("the guests' handles", () -> letGo(host.table()));
        closeLater("the agent's threads", () -> stop(threads));
        AgentMeters meters = AgentMeters.register(host, parts.meters());
        closeLater("the agent's meters", meters);

        GuestLifecycle guests =
                new GuestLifecycle(host, parts.parser(), parts.consoles(), parts.probe(), parts.clock());
        Announcements announcements = new Announcements(host, parts.takeover());
        OwedPages owed = new OwedPages(host, parts.takeover());
        WaitingGuests waiting = new WaitingGuests(host);
        closeLater("memory of guests that wait for pages", waiting);
        new Adoption(host, guests, announcements, name -> owed.keeps(name) || waiting.keeps(name)).adoptAll();
        lease.follow(this::closeLater);

        Departures.Latest latest = new Departures.Latest();
        Arrivals arrivals = new Arrivals(host, guests.admission(), guests.ends(), announcements, latest::forget);
        MigrationEngine engine = parts.engine().open(arrivals, parts.meters());
        closeLater("the migration engine", engine);
        Departures departures = new Departures(host, guests.ends(), parts.takeover(), engine, latest);
        Recovery recovery = new Recovery(host, guests, announcements);
        owed.serve(engine, recovery);
        waiting.await(engine, recovery);
        Rescue rescue = new Rescue(host, guests, announcements);
        ApiServer api = ApiServer.start(host, guests, recovery, rescue, departures, images.desk(), parts.meters());
        closeLater("the API", api);
        closeLater("the comparison of records and guests", Recomparison.start(host, recovery, Recomparison.INTERVAL));
        closeLater(
                "the coordinator",
                Coordinator.start(host, api.rescuers(), host.images().store()::fences, parts.meters()));
        rehearse(host, parts);
    }

    private void rehearse(HostContext host, AgentParts parts) {
        int moves = host.config().migration().rehearsals();
        EngineFactory engine = parts.rehearsalEngine();
        if (moves > 0 && engine != null) {
            Rehearsals rehearsals = Rehearsals.start(
                    host.name(),
                    moves,
                    engine::open,
                    () -> host.table().count(SlotState.Leaving.class) > 0
                            || host.table().count(SlotState.Arriving.class) > 0);
            closeLater("the rehearsals", rehearsals);
        }
    }

    private static void announce(AgentConfig config, AgentParts parts, LeaseParts lease)
            throws OwnershipException, InterruptedException {
        while (true) {
            try {
                Optional<HostEntry> before = parts.ownership().host(config.name());
                // An operator's word that the host is in maintenance outlives a restart of its agent.
                HostEntry.HostState state = before.map(HostEntry::state).orElse(HostEntry.HostState.UP);
                parts.ownership()
                        .announceHost(new HostEntry(
                                config.name(),
                                config.address(),
                                config.api().port(),
                                config.migration().port(),
                                config.limits().memoryBytes(),
                                state,
                                lease.toAnnounce(before),
                                true));
                return;
            } catch (OwnershipException e) {
                if (e.kind() != OwnershipException.Kind.UNDECIDED) {
                    throw e;
                }
                LOG.warn("Waiting for ZooKeeper: {}", e.getMessage());
                Thread.sleep(ANNOUNCE_RETRY);
            }
        }
    }

    private static void letGo(GuestTable table) {
        for (GuestSlot slot : table.all()) {
            if (slot.state() instanceof SlotState.Here here) {
                here.guest().close();
            }
        }
    }

    private static void stop(ExecutorService threads) throws InterruptedException {
        threads.shutdownNow();
        if (!threads.awaitTermination(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
            LOG.warn("Some of the agent's threads did not end within {} ms", STOP_TIMEOUT_MS);
        }
    }

    private void closeLater(String what, AutoCloseable thing) {
        closings.addFirst(new Closing(what, thing));
    }

    /// Stops the agent; guests run on. Migrations that are not committed are given up. Idempotent.
    @Override
    public void close() {
        while (!closings.isEmpty()) {
            Closing closing = closings.removeFirst();
            try {
                closing.thing().close();
            } catch (InterruptedException e) {
                LOG.warn("Interrupted while closing {}", closing.what());
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                LOG.warn("Closing {} failed", closing.what(), e);
            }
        }
    }
}
