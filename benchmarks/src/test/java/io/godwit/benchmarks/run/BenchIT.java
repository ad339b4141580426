package io.godwit.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Dirtying;
import io.godwit.benchmarks.grid.Link;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.grid.QemuTuning;
import io.godwit.benchmarks.report.Report;
import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.lab.Repository;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// One move by Godwit and one by QEMU, of a small guest: that both can be made and are watched. How fast they are is
/// no test's business on a machine that is shared.
@EnabledIfSystemProperty(named = "godwit.thorough", matches = "true")
final class BenchIT {
    private static final Configuration GODWIT = new Configuration.Godwit("default", Map.of());
    private static final Configuration QEMU = new Configuration.Qemu(QemuTuning.MULTIFD_ZSTD);
    private static final int DOWNTIME_MS = 800;

    @Test
    void bothMoveTheGuestAndAreSeenToDoSo() throws Exception {
        Plan plan = new Plan(
                List.of(new Cell(Link.GIGABIT, Dirtying.SLOW, Fill.TEXT)),
                List.of(GODWIT, QEMU),
                1,
                256,
                DOWNTIME_MS,
                60,
                false,
                true);
        Results results;
        Path log = Path.of("target/bench-it.txt");
        try (PrintStream out = new PrintStream(Files.newOutputStream(log), false, StandardCharsets.UTF_8);
                Bench bench = new Bench(plan, "itbench", out)) {
            results = bench.run();
        }
        assertThat(results.failures()).as("%s", Files.readString(log)).isEmpty();
        assertThat(results.runs()).extracting(Run::configuration).containsExactly("godwit", "qemu multifd-zstd");
        for (Run run : results.runs()) {
            assertThat(run.completed()).as("%s", run).isTrue();
            assertThat(run.wireBytes()).as("bytes on the wire: %s", run).isBetween(5_000_000L, 600_000_000L);
            assertThat(run.echo().sent()).as("echoes: %s", run).isGreaterThan(100);
            assertThat(run.echo().lost())
                    .as("echoes lost: %s", run)
                    .isLessThan(run.echo().sent() / 2);
            assertThat(run.echo().silenceMs())
                    .as("silence: %s", run)
                    .isBetween(1.0, run.move().totalMs() + 1000);
            assertThat(run.ping().answered()).as("pings: %s", run).isPositive();
            assertThat(run.pingWaits().p99Ms()).as("pings: %s", run).isPositive();
            assertThat(run.pingWaits().p99BeforeSilenceMs())
                    .as("pings before the silence: %s", run)
                    .isPositive();
            assertThat(run.workBefore()).as("pages written a second: %s", run).isPositive();
            assertThat(run.use().cpuSeconds()).as("processor time: %s", run).isPositive();
            assertThat(run.use().guestCpuSeconds()).as("the guest's: %s", run).isPositive();
            assertThat(run.move().rounds()).as("rounds: %s", run).isNotEmpty();
        }
        assertThat(results.runs().getFirst().use().agentBytesMax()).isGreaterThan(10 << 20);
        new Report(plan, results, Machine.read(Repository.find()), "./bench")
                .save(Path.of("target/bench-it/report.md"));
        assertThat(Path.of("target/bench-it/report.md")).isNotEmptyFile();
    }
}
