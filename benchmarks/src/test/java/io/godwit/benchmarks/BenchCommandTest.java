package io.godwit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Dirtying;
import io.godwit.benchmarks.grid.Link;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.measure.EchoSeen;
import io.godwit.benchmarks.measure.HostUse;
import io.godwit.benchmarks.measure.PingWaits;
import io.godwit.benchmarks.run.Results;
import io.godwit.benchmarks.run.Run;
import io.godwit.benchmarks.subject.Move;
import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {
    @Test
    void whatWasLostAndWhatWasNotMeasuredLeavesTheJsonValid() {
        Cell cell = new Cell(Link.GIGABIT, Dirtying.IDLE, Fill.TEXT);
        Run run = new Run(
                cell,
                "godwit",
                1,
                new Move(true, "", 2000, 1500, 40, List.of(), 0, 0),
                1_000_000,
                new EchoSeen(1000, 20, 0, 20, 900, 0.4, Double.POSITIVE_INFINITY, 2),
                new PingLog(100, 95, 0, 5, 60),
                new PingWaits(Double.POSITIVE_INFINITY, 1.5),
                Double.NaN,
                Double.NaN,
                new HostUse(3, 2, 1, 100 << 20, 50 << 20),
                List.of());
        String json = new BenchCommand.Outcome(
                        "./bench --json",
                        new Plan(
                                List.of(cell),
                                List.of(new Configuration.Godwit("default", Map.of())),
                                1,
                                512,
                                300,
                                60,
                                false,
                                false),
                        new Results(List.of(run), List.of()),
                        new Machine("a processor", 2, 1024, "6.18", "Debian", "QEMU 7.2", "25", "abc1234"))
                .json();
        JsonNode read =
                JsonMapper.shared().readTree(json).path("results").path("runs").path(0);
        assertThat(read.path("pingWaits").path("p99Ms").asString()).isEqualTo("Infinity");
        assertThat(read.path("pingWaits").path("p99BeforeSilenceMs").asDouble()).isEqualTo(1.5);
        assertThat(read.path("echo").path("silenceBeganMs").asDouble()).isEqualTo(900);
        assertThat(read.path("echo").path("p99Ms").asString()).isEqualTo("Infinity");
        assertThat(read.path("echo").path("silenceMs").asDouble()).isEqualTo(20);
        assertThat(read.path("workBefore").asString()).isEqualTo("NaN");
    }
}
