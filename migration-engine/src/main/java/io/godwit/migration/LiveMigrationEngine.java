package io.godwit.migration;

import io.godwit.migration.codec.PageRehearsal;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.precopy.FixedCost;
import io.godwit.migration.precopy.IncomingSessions;
import io.godwit.migration.precopy.Preflight;
import io.godwit.migration.precopy.SourceMigration;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Rehearsal;
import io.godwit.migration.transport.Transport;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engine: one transport, the migrations that leave and those that arrive.
final class LiveMigrationEngine implements MigrationEngine {
    private static final Logger log = LoggerFactory.getLogger(LiveMigrationEngine.class);

    private final Transport transport;
    private final IncomingSessions incoming;
    private final MigrationMeters meters;
    private final FixedCost fixedCost = new FixedCost();
    private final Map<String, SourceMigration> outgoing = new ConcurrentHashMap<>();
    private volatile boolean closed;

    LiveMigrationEngine(Settings settings, IncomingGuests agent, MeterRegistry registry) throws IOException {
        this.meters = new MigrationMeters(registry);
        this.incoming = new IncomingSessions(agent, meters, System::nanoTime);
        Rehearsal.run(ByteBufAllocator.DEFAULT);
        PageRehearsal.run(ByteBufAllocator.DEFAULT);
        this.transport = new Transport(settings.tls());
        if (settings.listen() != null) {
            transport.listen(settings.listen(), incoming);
        }
        log.info(
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
    public void close() {
        closed = true;
        List<SourceMigration> open = List.copyOf(outgoing.values());
        open.forEach(migration -> migration.cancel("The agent is closing"));
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
