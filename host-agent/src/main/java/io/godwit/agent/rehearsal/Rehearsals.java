package io.godwit.agent.rehearsal;

import io.godwit.agent.rehearsal.RehearsalPlan.Step;
import io.godwit.migration.IncomingGuests;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.MigrationReport;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Plays migrations in the background, one after the other, until there were enough of them, or one in earnest begins.
/// Nothing depends on it: what fails here costs a line in the log.
public final class Rehearsals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsals.class);
    private static final long LOOK_MS = 20;
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final String host;
    private final RehearsalPlan plan;
    private final Engines engines;
    private final BooleanSupplier earnest;
    private final Thread thread;
    private volatile @Nullable RehearsedGuest onStage;

    /// Opens an engine for rehearsals.
    @FunctionalInterface
    public interface Engines {
        MigrationEngine open(IncomingGuests incoming, MeterRegistry meters) throws IOException;
    }

    private Rehearsals(String host, RehearsalPlan plan, Engines engines, BooleanSupplier earnest) {
        this.host = host;
        this.plan = plan;
        this.engines = engines;
        this.earnest = earnest;
        this.thread = Thread.ofPlatform().daemon().name("godwit-rehearsals").unstarted(this::run);
    }

    /// @param host       this host's name, which its certificate proves
    /// @param migrations at most
    /// @param engines    asked once, for an engine that both sends and receives
    /// @param earnest    whether a guest of this host is migrating
    public static Rehearsals start(String host, int migrations, Engines engines, BooleanSupplier earnest) {
        Rehearsals started = new Rehearsals(host, new RehearsalPlan(migrations), engines, earnest);
        started.thread.start();
        return started;
    }

    private void run() {
        MeterRegistry meters = new SimpleMeterRegistry();
        try (MigrationEngine engine = engines.open(new Reception(), meters)) {
            rehearse(engine, engine.address().orElseThrow());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("Migrations could not be rehearsed, so the first ones will take longer: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("Migrations could not be rehearsed, so the first ones will take longer", e);
        } finally {
            meters.close();
        }
    }

    private void rehearse(MigrationEngine engine, InetSocketAddress address) throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        long usedBefore = processorMs();
        int rehearsed = 0;
        while (true) {
            long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
            switch (plan.next(rehearsed, elapsedMs, processorMs() - usedBefore, earnest.getAsBoolean())) {
                case Step.Rehearse _ -> rehearsed += play(engine, address, rehearsed);
                case Step.Rest(long ms) -> Thread.sleep(ms);
                case Step.End(boolean gaveWay) -> {
                    LOG.info(
                            "Rehearsed {} migrations in {} s{}",
                            rehearsed,
                            String.format(Locale.ROOT, "%.1f", elapsedMs / 1e3),
                            gaveWay ? ", then one in earnest began" : "");
                    return;
                }
            }
        }
    }

    /// @return how many migrations were completed: 0 if another one begins meanwhile
    private int play(MigrationEngine engine, InetSocketAddress address, int number)
            throws IOException, InterruptedException {
        try (RehearsedGuest guest = RehearsedGuest.start(host, number)) {
            onStage = guest;
            MigrationReport report = await(engine.start(guest.request(address)));
            return switch (report.result()) {
                case COMPLETED -> 1;
                case CANCELLED -> 0;
                case FAILED -> throw new IOException(report.reason());
            };
        } finally {
            onStage = null;
        }
    }

    private MigrationReport await(Migration migration) throws InterruptedException {
        boolean stopped = false;
        while (true) {
            try {
                MigrationReport report = migration.report().get(LOOK_MS, TimeUnit.MILLISECONDS);
                if (stopped) {
                    throw new InterruptedException("The agent stops");
                }
                return report;
            } catch (TimeoutException _) {
                if (earnest.getAsBoolean()) {
                    migration.cancel("One in earnest begins");
                }
            } catch (InterruptedException e) {
                if (stopped) {
                    throw e;
                }
                // The guest is removed only when nobody works on it any more.
                stopped = true;
                migration.cancel("The agent stops");
            } catch (ExecutionException e) {
                throw new IllegalStateException("A report never completes exceptionally", e);
            }
        }
    }

    private static long processorMs() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(Duration::toMillis)
                .orElse(0L);
    }

    private final class Reception implements IncomingGuests {
        @Override
        public List<String> blockers(Offer offer) {
            return List.of();
        }

        @Override
        public Incoming prepare(Offer offer) throws IOException {
            RehearsedGuest guest = onStage;
            if (guest == null) {
                throw new IOException("Nothing is rehearsed at the moment");
            }
            return guest.receive(offer);
        }
    }

    /// Breaks off what is rehearsed and waits, a bounded time, until nothing of it is left.
    @Override
    public void close() {
        thread.interrupt();
        try {
            if (!thread.join(Duration.ofMillis(STOP_TIMEOUT_MS))) {
                LOG.warn("Rehearsals did not end within {} ms", STOP_TIMEOUT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
