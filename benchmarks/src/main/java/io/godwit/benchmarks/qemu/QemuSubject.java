package io.godwit.benchmarks.qemu;

import io.godwit.benchmarks.grid.QemuTuning;
import io.godwit.benchmarks.subject.Move;
import io.godwit.benchmarks.subject.Subject;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// A guest without an agent, moved from host 1 to host 2 by QEMU itself, over TCP between the hosts' namespaces.
public final class QemuSubject implements Subject {
    private static final int PORT = 4444;
    private static final Duration LOOK = Duration.ofMillis(25);
    private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(20);

    private final Lab lab;
    private final QemuArguments arguments;
    private final QemuTuning tuning;
    private final int memoryMiB;
    private final QemuHost source;
    private final QemuHost target;

    public QemuSubject(Lab lab, QemuArguments arguments, QemuTuning tuning, int memoryMiB) {
        this.lab = lab;
        this.arguments = arguments;
        this.tuning = tuning;
        this.memoryMiB = memoryMiB;
        this.source = new QemuHost(lab.host(1));
        this.target = new QemuHost(lab.host(2));
    }

    @Override
    public void boot() {
        QmpSession qmp = source.start(arguments, (long) memoryMiB << 20, false);
        qmp.execute("cont", Map.of());
    }

    /// Begins with what the operator's tool does first: a QEMU on the target, and the settings on both sides.
    @Override
    public Move move(int downtimeMs, int timeoutS) {
        long startNs = System.nanoTime();
        QmpSession there = target.start(arguments, (long) memoryMiB << 20, true);
        configure(source.qmp(), downtimeMs);
        configure(there, downtimeMs);
        String address = "tcp:" + lab.network().agentAddress(2) + ":" + PORT;
        there.execute("migrate-incoming", Map.of("uri", address));
        long migrateNs = System.nanoTime();
        source.qmp().execute("migrate", Map.of("uri", address));
        return follow(startNs, migrateNs, timeoutS);
    }

    private void configure(QmpSession qmp, int downtimeMs) {
        List<Map<String, Object>> capabilities = new ArrayList<>();
        capabilities.add(Map.of("capability", "events", "state", true));
        tuning.capabilities().forEach(capability -> capabilities.add(Map.of("capability", capability, "state", true)));
        qmp.execute("migrate-set-capabilities", Map.of("capabilities", capabilities));
        qmp.execute("migrate-set-parameters", tuning.parameters(downtimeMs, memoryMiB));
    }

    private Move follow(long startNs, long migrateNs, int timeoutS) {
        MigrationWatch watch = new MigrationWatch();
        boolean switched = !tuning.postCopy();
        while (true) {
            QmpSession.Event event = source.qmp().event(LOOK);
            double atMs = ms(migrateNs, event == null ? System.nanoTime() : event.atNs());
            if (event != null && event.name().equals("MIGRATION")) {
                String status = event.data().path("status").asString("");
                if (status.equals("completed")) {
                    return completed(watch, startNs, migrateNs, event.atNs());
                }
                if (status.equals("failed")) {
                    throw new LabException("QEMU's migration failed: " + reason() + "\n" + target.log());
                }
            }
            watch.note(atMs, source.qmp().execute("query-migrate", Map.of()));
            if (!switched && watch.passes() >= 1) {
                source.qmp().execute("migrate-start-postcopy", Map.of());
                switched = true;
            }
            if (atMs > TimeUnit.SECONDS.toMillis(timeoutS)) {
                return givenUp(watch, startNs, migrateNs);
            }
        }
    }

    private Move completed(MigrationWatch watch, long startNs, long migrateNs, long endNs) {
        JsonNode migrate = source.qmp().execute("query-migrate", Map.of());
        awaitRunning();
        return new Move(
                true,
                "",
                ms(startNs, endNs),
                ms(migrateNs, endNs),
                migrate.path("downtime").asDouble(0),
                watch.finish(ms(migrateNs, endNs)),
                Double.NaN,
                endNs);
    }

    /// Cancels. The guest runs on where it was.
    private Move givenUp(MigrationWatch watch, long startNs, long migrateNs) {
        source.qmp().execute("migrate_cancel", Map.of());
        long deadline = System.nanoTime() + CANCEL_TIMEOUT.toNanos();
        String status = "";
        while (!status.equals("cancelled") && !status.equals("completed") && !status.equals("failed")) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("QEMU's migration cannot be cancelled, status: " + status);
            }
            source.qmp().event(LOOK);
            status = source.qmp()
                    .execute("query-migrate", Map.of())
                    .path("status")
                    .asString("");
        }
        long endNs = System.nanoTime();
        return new Move(
                false,
                "did not converge",
                ms(startNs, endNs),
                ms(migrateNs, endNs),
                0,
                watch.finish(ms(migrateNs, endNs)),
                Double.NaN,
                endNs);
    }

    private void awaitRunning() {
        long deadline = System.nanoTime() + CANCEL_TIMEOUT.toNanos();
        while (!target.qmp()
                .execute("query-status", Map.of())
                .path("status")
                .asString("")
                .equals("running")) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("The guest does not run on the target after QEMU's migration\n" + target.log());
            }
            target.qmp().event(LOOK);
        }
    }

    private String reason() {
        return source.qmp()
                .execute("query-migrate", Map.of())
                .path("error-desc")
                .asString("no reason given");
    }

    private static double ms(long fromNs, long toNs) {
        return (toNs - fromNs) / 1e6;
    }

    @Override
    public void close() {
        target.close();
        source.close();
    }
}
