package io.godwit.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// A fixed set of seeds of the simulated data centre, and the proof that those seeds would find what they look for.
class SimulationTest {
    private static final int SEEDS = 1_000;

    @Test
    void noSeedBreaksAnInvariant() {
        SeedRange.Summary summary = new SeedRange(1, SEEDS, PlantedBug.NONE).run();

        assertThat(summary.first()).isEmpty();
        assertThat(summary.violations()).isZero();
        // Every outcome must be common, or the simulation proves nothing.
        assertThat(summary.commits()).isGreaterThan(10 * SEEDS);
        assertThat(summary.takeBacks()).isGreaterThan(SEEDS);
        assertThat(summary.starts()).isGreaterThan(2 * SEEDS);
        assertThat(summary.takeovers()).isGreaterThan(SEEDS / 8);
        assertThat(summary.removals()).isGreaterThan(SEEDS / 5);
        assertThat(summary.kills()).isGreaterThan(SEEDS / 20);
        assertThat(summary.refusedWrites()).isGreaterThan(SEEDS / 20);
        assertThat(summary.faults()).isGreaterThan(10 * SEEDS);
    }

    /// Both broke once because agents compared records and processes only when they started.
    @ParameterizedTest
    @ValueSource(longs = {3_647, 95_705})
    void noSeedThatEverBrokeBreaksAgain(long seed) {
        assertThat(Simulation.run(seed, PlantedBug.NONE, false).violation()).isNull();
    }

    @ParameterizedTest
    // What is left out besides has not been found within these seeds; docs/testing.md says so.
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "RELAX_WITHOUT_LEASE"})
    void everyPlantedMistakeIsFoundByTheseSeeds(PlantedBug bug) {
        long seed = 1;
        while (seed <= SEEDS && Simulation.run(seed, bug, false).violation() == null) {
            seed++;
        }

        assertThat(seed).as("the first seed that finds that %s", bug.words()).isLessThanOrEqualTo(SEEDS);
    }

    @Test
    void oneSeedIsTheSameRunEventForEvent() {
        Set<Long> hashes = new HashSet<>();
        for (long seed = 1; seed <= 20; seed++) {
            Simulation.Outcome first = Simulation.run(seed, PlantedBug.NONE, true);
            Simulation.Outcome second = Simulation.run(seed, PlantedBug.NONE, true);
            Simulation.Outcome unrecorded = Simulation.run(seed, PlantedBug.NONE, false);

            assertThat(second.lines()).isNotEmpty().isEqualTo(first.lines());
            assertThat(second.traceHash()).isEqualTo(first.traceHash()).isEqualTo(unrecorded.traceHash());
            hashes.add(first.traceHash());
        }
        assertThat(hashes).as("different seeds are different runs").hasSize(20);
    }

    @Test
    void aFailureTellsItsSeedAndTheCommandThatShowsItAgain() {
        Printed summary = run("--seeds", "3", "--plant", "EPOCH_STANDS_STILL");

        assertThat(summary.status()).isEqualTo(1);
        assertThat(summary.text())
                .contains("Seed 2: the epoch of guest")
                .contains("replay: ./simulate --seed 2 --plant EPOCH_STANDS_STILL")
                .contains("simulated handovers a minute");

        Printed replay = run("--seed", "2", "--plant", "EPOCH_STANDS_STILL");
        assertThat(replay.status()).isEqualTo(1);
        assertThat(replay.text()).contains("VIOLATION  the epoch of guest").contains("BeginHandover");
    }

    @Test
    void successIsToldAsJsonTooAndNonsenseIsRefused() {
        Printed json = run("--seeds", "2", "--json");

        assertThat(json.status()).isZero();
        assertThat(json.text()).contains("\"violations\" : 0").contains("\"handoversPerMinute\"");
        assertThat(run("--seed", "2", "--json").text()).contains("\"trace\"").contains("\"lines\"");
        assertThat(run("--seeds", "0").status()).isNotZero();
    }

    private record Printed(int status, String text) {}

    private static Printed run(String... arguments) {
        StringWriter text = new StringWriter();
        CommandLine line =
                SimulationCommand.line().setOut(new PrintWriter(text, true)).setErr(new PrintWriter(text, true));
        return new Printed(line.execute(arguments), text.toString());
    }
}
