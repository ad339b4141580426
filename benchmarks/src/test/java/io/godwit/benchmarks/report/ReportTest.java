package io.godwit.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Dirtying;
import io.godwit.benchmarks.grid.Link;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.grid.QemuTuning;
import io.godwit.benchmarks.measure.EchoSeen;
import io.godwit.benchmarks.measure.HostUse;
import io.godwit.benchmarks.measure.PingWaits;
import io.godwit.benchmarks.run.Results;
import io.godwit.benchmarks.run.Run;
import io.godwit.benchmarks.subject.Move;
import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final Cell CELL = new Cell(Link.GIGABIT, Dirtying.SLOW, Fill.TEXT);
    private static final Configuration GODWIT = new Configuration.Godwit("default", Map.of());
    private static final Configuration DEFAULT = new Configuration.Qemu(QemuTuning.DEFAULT);
    private static final Configuration ZSTD = new Configuration.Qemu(QemuTuning.MULTIFD_ZSTD);

    @TempDir
    Path folder = Path.of("");

    private static Run run(
            Configuration configuration, int number, boolean completed, double totalMs, double silenceMs) {
        return run(
                configuration,
                number,
                completed,
                totalMs,
                silenceMs,
                new PingWaits(silenceMs / 4, silenceMs / 40),
                5000);
    }

    private static Run run(
            Configuration configuration,
            int number,
            boolean completed,
            double totalMs,
            double silenceMs,
            PingWaits pings,
            double workBefore) {
        Move move = new Move(
                completed,
                completed ? "" : "did not converge",
                totalMs,
                totalMs - 300,
                silenceMs / 2,
                List.of(new Move.Round(0, totalMs / 2, 1000), new Move.Round(totalMs / 2, totalMs - 300, 100)),
                configuration.equals(GODWIT) ? 700 + number : Double.NaN,
                0);
        return new Run(
                CELL,
                configuration.name(),
                number,
                move,
                (long) (totalMs * 100_000),
                new EchoSeen(1000, number, 0, silenceMs, totalMs / 2, 0.4, 3, 2),
                new PingLog(100, 100, 0, 0, silenceMs),
                pings,
                workBefore,
                workBefore * 0.8,
                new HostUse(3, 2, 1, 100 << 20, 50 << 20),
                List.of());
    }

    private static Report report(List<String> failures) {
        List<Run> runs = List.of(
                run(GODWIT, 1, true, 1000, 20),
                run(DEFAULT, 1, true, 4000, 200),
                run(ZSTD, 1, true, 2000, 90),
                run(GODWIT, 2, true, 1200, 30),
                run(DEFAULT, 2, false, 60_000, 1),
                run(ZSTD, 2, true, 2000, 70));
        return report(runs, failures);
    }

    private static Report report(List<Run> runs, List<String> failures) {
        return new Report(
                new Plan(List.of(CELL), List.of(GODWIT, DEFAULT, ZSTD), 2, 512, 300, 60, false, false),
                new Results(runs, failures),
                new Machine("a processor", 2, 1024, "6.18", "Debian", "QEMU 7.2", "25", "abc1234"),
                "./bench --runs 2");
    }

    @Test
    void mediansAreComparedWithTheBestOfQemuThatAlwaysCompleted() {
        String text = report(List.of()).terminal();
        assertThat(line(text, "longest silence, ms | godwit")).contains("25.0", "80.0", "qemu multifd-zstd", "0.31x");
        assertThat(line(text, "total, s")).contains("1.10", "2.00", "0.55x");
        // What QEMU's default sent and how long it was silent counts for nothing, for one of its runs was given up.
        assertThat(text).contains("1 of 2").contains("qemu default, run 2: did not converge");
    }

    @Test
    void whoLosesPingsIsWorseThanWhoDeliversThemLate() {
        PingWaits lost = new PingWaits(Double.POSITIVE_INFINITY, 4);
        PingWaits late = new PingWaits(800, 2);
        String text = report(
                        List.of(
                                run(GODWIT, 1, true, 1000, 20, late, 5000),
                                run(DEFAULT, 1, true, 2000, 20, lost, 5000),
                                run(ZSTD, 1, true, 2000, 20, new PingWaits(900, Double.POSITIVE_INFINITY), 5000)),
                        List.of())
                .terminal();
        assertThat(line(text, "ping p99, ms")).contains("800.0", "900.0", "qemu multifd-zstd", "0.89x");
        assertThat(line(text, "ping p99 before the silence, ms")).contains("2.0", "4.0", "qemu default", "0.50x");
        assertThat(line(text, "qemu default")).contains("| lost | 4.0 |");
        assertThat(line(text, "qemu multifd-zstd")).contains("| 900.0 | lost |");
        text = report(
                        List.of(
                                run(GODWIT, 1, true, 1000, 20, lost, 5000),
                                run(DEFAULT, 1, true, 2000, 20, late, 5000)),
                        List.of())
                .terminal();
        assertThat(line(text, "ping p99, ms")).contains("lost", "800.0", "qemu default", "worse");
    }

    @Test
    void workLostIsTheSlowdownTimesTheLengthOfTheMove() {
        String text = report(List.of()).terminal();
        assertThat(line(text, "guest slowdown, %")).contains("| 20 | 20 | qemu multifd-zstd | 1.00x");
        assertThat(line(text, "work lost, s")).contains("| 0.22 | 0.40 | qemu multifd-zstd | 0.55x");
        assertThat(line(text, "godwit")).endsWith("| 20 (20 to 20) | 0.22 (0.20 to 0.24) |");
        assertThat(line(text, "qemu default"))
                .as("what was given up has no length")
                .endsWith("| 0.80 |");
    }

    private static Run idle(Configuration configuration, boolean completed) {
        return run(configuration, 1, completed, 1000, 20, new PingWaits(5, 1), Double.NaN);
    }

    @Test
    void aGuestWithoutWorkHasNoSlowdownWhoeverCompleted() {
        String text = report(List.of(idle(GODWIT, true), idle(DEFAULT, true)), List.of())
                .terminal();
        assertThat(line(text, "guest slowdown, %")).isEqualTo("| guest slowdown, % | godwit | - | - | - | - |");
        assertThat(line(text, "work lost, s")).isEqualTo("| work lost, s | godwit | - | - | - | - |");
        assertThat(line(text, "godwit")).endsWith("| - | - |");
        assertThat(text).doesNotContain("none completed");
        text = report(List.of(idle(GODWIT, true), idle(DEFAULT, false)), List.of())
                .terminal();
        assertThat(line(text, "total, s")).contains("| 1.00 | - | none completed | - |");
    }

    @Test
    void pagesThatFollowedTheGuestStandInTheCosts() {
        String text = report(List.of()).terminal();
        String costs = text.substring(text.indexOf("memory under way"));
        assertThat(costs.lines().findFirst().orElse("")).contains("rounds |", "late pages |");
        assertThat(line(costs, "godwit")).contains("| 2 (2 to 2) | 702 (701 to 702) |");
        assertThat(line(costs, "qemu multifd-zstd")).contains("| 2 (2 to 2) | - |");
    }

    private static String line(String text, String begin) {
        return text.lines()
                .map(line -> line.replaceAll("\\s+", " "))
                .filter(line -> line.startsWith("| " + begin))
                .findFirst()
                .orElseThrow(() -> new AssertionError("No line begins with " + begin + " in\n" + text));
    }

    @Test
    void ratiosOfNothingAreNotMadeUp() {
        assertThat(CellReport.ratio(0, 0)).isEqualTo("both 0");
        assertThat(CellReport.ratio(3, 0)).isEqualTo("-");
        assertThat(CellReport.ratio(Double.NaN, 1)).isEqualTo("-");
        assertThat(CellReport.ratio(1, 4)).isEqualTo("0.25x");
        assertThat(CellReport.ratio(1, Double.POSITIVE_INFINITY)).isEqualTo("better");
        assertThat(CellReport.ratio(Double.POSITIVE_INFINITY, 0)).isEqualTo("worse");
        assertThat(CellReport.ratio(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY))
                .isEqualTo("both lost");
    }

    @Test
    void theFileNamesMachineVersionsCommitAndCommandAndItsPicturesAreThere() throws Exception {
        Path file = folder.resolve("today.md");
        report(List.of()).save(file);
        String text = Files.readString(file);
        assertThat(text).contains("abc1234", "QEMU 7.2", "6.18", "`./bench --runs 2`", "with mutual TLS");
        assertThat(text).doesNotContain("## Failures");
        for (String picture : List.of("today-1gbit-20-text-silence.svg", "today-1gbit-20-text-rounds.svg")) {
            assertThat(text).contains("(" + picture + ")");
            String svg = Files.readString(folder.resolve(picture));
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
            assertThat(svg).contains("godwit", "qemu multifd-zstd", "1 Gbit/s");
        }
    }

    @Test
    void failuresAreNotHidden() {
        Report report = report(List.of("1gbit-20-text, godwit, run 2: The guest found 1 of its 10 pages wrong"));
        assertThat(report.terminal()).contains("FAILED: 1gbit-20-text, godwit, run 2");
        assertThat(report.markdown("x")).contains("## Failures", "1 of its 10 pages wrong");
    }

    @Test
    void everyRowOfATableHasTheWidthOfItsHead() {
        Table table = new Table(1, "a", "figure");
        table.add("a|b", "1");
        table.add("longer than that", "1234567");
        String text = table.toString();
        assertThat(Stream.of(text.split("\n", -1))
                        .filter(line -> !line.isEmpty())
                        .map(String::length)
                        .distinct())
                .hasSize(1);
        assertThat(text).contains("a\\|b");
    }

    @Test
    void axesHaveRoundSteps() {
        assertThat(Svg.niceStep(0.3)).isEqualTo(0.5);
        assertThat(Svg.niceStep(13)).isEqualTo(20);
        assertThat(Svg.niceStep(1)).isEqualTo(1);
        assertThat(Svg.niceStep(70)).isEqualTo(100);
    }
}
