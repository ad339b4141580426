package io.godwit.migration;

import io.godwit.migration.codec.PageRehearsal;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.postcopy.PostcopySource;
import io.godwit.migration.precopy.FixedCost;
import io.godwit.migration.precopy.IncomingSessions;
import io.godwit.migration.precopy.Preflight;
import io.godwit.migration.precopy.SourceMigration;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Rehearsal;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.GuestMemory;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// The engine: one transport, the migrations that leave and those that arrive.
final class LiveMigrationEngine implements MigrationEngine {
    private static final Logger log = LoggerFactory.getLogger(LiveMigrationEngine.class);

    private final Transport transport;
    private final IncomingSessions incoming;
    private final MigrationMeters meters;
    private final FixedCost fixedCost = new FixedCost();
    private final Map<String, SourceMigration> outgoing = new ConcurrentHashMap<>();
    private final Set<PostcopySource> serving = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    LiveMigrationEngine(Settings settings, IncomingGuests agent, MeterRegistry registry) throws IOException {
        this.meters = new MigrationMeters(registry, settings.quiet() ? Level.DEBUG : Level.INFO);
        this.incoming = new IncomingSessions(agent, meters, System::nanoTime);
        Rehearsal.run(ByteBufAllocator.DEFAULT);
        PageRehearsal.run(ByteBufAllocator.DEFAULT);
        this.transport = new Transport(settings.tls(), settings.figures());
        if (settings.listen() != null) {
            transport.listen(settings.listen(), incoming);
        }
        log.atLevel(meters.level())
                .log(
                        "Migrations of {} are {}, received at {}",
                        settings.hostName(),
                        transport.encrypted() ? "encrypted" : "NOT ENCRYPTED",
                        transport.localAddress());
    }

    @Override
    public Migration start(MigrationRequest request) {
        SourceMigration migration = new SourceMigration(request, transport, fixedCost, meters, System::nanoTime);
        String name = request.guest().spec().name();
        SourceMigration other = outgoing.putIfAbsent(name, migration);
        if (other != null || closed) {
            migration.refuse(closed ? "The engine is closed" : "The guest is being migrated already: " + other.id());
            if (other == null) {
                outgoing.remove(name, migration);
            }
            return migration;
        }
        Thread.ofVirtual().name("godwit-migration-" + name).start(() -> {
            migration.run();
            outgoing.remove(name, migration);
            migration.publish();
        });
        return migration;
    }

    @Override
    public List<String> preflight(MigrationRequest request) throws IOException, InterruptedException {
        boolean migrating = outgoing.containsKey(request.guest().spec().name());
        return Preflight.ask(request, transport, migrating, System::nanoTime);
    }

    @Override
    public CompletableFuture<PagesOwed.Outcome> servePages(
            PagesOwed.Debt debt, long epoch, GuestMemory memory, SwitchoverGate gate) {
        CompletableFuture<PagesOwed.Outcome> outcome = new CompletableFuture<>();
        PostcopySource source = lateSource(debt, memory);
        serving.add(source);
        if (closed) {
            source.letGo();
        }
        Thread.ofVirtual().name("godwit-owed-" + debt.migration()).start(() -> {
            PostcopySource.End end = source.serve(PostcopySource.askRecord(gate, debt.targetHost(), epoch));
            serving.remove(source);
            outcome.complete(
                    switch (end) {
                        case PLACED -> PagesOwed.Outcome.PAID;
                        case NOT_OWED -> PagesOwed.Outcome.NOT_OWED;
                        case LET_GO -> PagesOwed.Outcome.STILL_OWED;
                    });
        });
        return outcome;
    }

    private PostcopySource lateSource(PagesOwed.Debt debt, GuestMemory memory) {
        return new PostcopySource(
                new PostcopySource.Place(debt.migration(), debt.targetHost(), debt.target()),
                memory,
                transport,
                (_, _) -> 0,
                System::nanoTime,
                _ -> {},
                _ -> {});
    }

    @Override
    public void awaitPages(UUID migration, String sourceHost, WaitingGuest guest) throws IOException {
        incoming.awaitPages(migration, sourceHost, guest);
    }

    @Override
    public void tellPagesLost(PagesOwed.Debt debt, String reason) throws IOException, InterruptedException {
        PostcopySource.confess(
                new PostcopySource.Place(debt.migration(), debt.targetHost(), debt.target()), transport, reason);
    }

    @Override
    public Optional<InetSocketAddress> address() {
        return Optional.ofNullable(transport.localAddress());
    }

    @Override
    public void close() {
        closed = true;
        serving.forEach(PostcopySource::letGo);
        List<SourceMigration> open = List.copyOf(outgoing.values());
        open.forEach(migration -> migration.cancel("The agent is closing"));
        open.forEach(SourceMigration::letGoOfPages);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Limits.CLOSE_MS);
        for (SourceMigration migration : open) {
            awaitEnd(migration, deadline - System.nanoTime());
        }
        incoming.close();
        transport.close();
    }

    private static void awaitEnd(SourceMigration migration, long nanos) {
        try {
            migration.report().get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            log.error("Migration {} is still not decided and goes on without its engine", migration.id());
        } catch (ExecutionException e) {
            throw new IllegalStateException("A report never completes exceptionally", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
