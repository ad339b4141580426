package io.godwit.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Each invariant on a world that was put into a state it must not have. What takes a history to break is broken by
/// the planted mistakes of [SimulationTest].
class InvariantsTest {
    private static final Memory FRESH = new Memory(0, 0, 0);

    private static final Setting SETTING = new Setting(true, Setting.Storage.PLAIN, false, Terms.USUAL);

    private final World world = new World(1, PlantedBug.NONE, false, SETTING);
    private final SimulatedGuest guest = world.guests().getFirst();
    private final SimulatedHost one = world.hosts().getFirst();
    private final SimulatedHost other = world.hosts().getLast();

    @Test
    void aWorldInWhichNothingHappenedBreaksNone() {
        assertThat(new OneExecutor().broken(world)).isNull();
        assertThat(new OneWriter().broken(world)).isNull();
        assertThat(new RunsOnItsRecord().broken(world)).isNull();
        assertThat(new EpochGrows().broken(world)).isNull();
        assertThat(new WritesSurvive().broken(world)).isNull();
        assertThat(new MemorySurvives().broken(world)).isNull();
        assertThat(new OneAddressOwner().broken(world)).isNull();
    }

    @Test
    void twoRunningCopiesAreTwoExecutorsAndTwoWriters() {
        running(one);
        running(other);

        assertThat(new OneExecutor().broken(world)).isEqualTo("guest web1 runs on h1 and on h3");
        assertThat(new OneWriter().broken(world)).isEqualTo("the image of guest web1 can be written by h1 and by h3");
    }

    @Test
    void aWriteOfAnOlderEpochThanOneThatHasStartedIsFound() {
        guest.image().started(running(one));
        guest.image().land("h3", -1, 7);

        assertThat(new OneWriter().broken(world)).contains("h3 wrote record 7 in epoch -1 after epoch 0");
    }

    @Test
    void aCopyThatRunsWithoutARecordIsFound() {
        running(one);

        assertThat(new RunsOnItsRecord().broken(world)).contains("guest web1 runs on h1");
    }

    @Test
    void anAcknowledgedRecordThatIsNotOnTheImageIsFound() {
        guest.acknowledged(5);

        assertThat(new WritesSurvive().broken(world)).contains("record 5").contains("holds record 0");
    }

    @Test
    void aMemoryThatIsNowhereOrOldIsFound() {
        guest.newLife();
        assertThat(new MemorySurvives().broken(world)).contains("is nowhere");

        running(one);
        assertThat(new MemorySurvives().broken(world)).contains("with an old memory");
    }

    @Test
    void anAddressThatAnswersForAGuestWithoutRightIsFound() {
        running(one);

        assertThat(new OneAddressOwner().broken(world)).contains("belongs to nobody");
    }

    @Test
    void aGuestThatNobodyStartedDoesNotCountAsRunning() {
        assertThat(new EveryGuestRuns().broken(world)).isEqualTo("guest web1 has no record");
    }

    @Test
    void aStoppedProcessDoesNotExecuteAndGoesOnWhenItMay() {
        Copy stopped = running(one);
        stopped.stop();
        running(other);
        assertThat(new OneExecutor().broken(world)).isNull();

        stopped.goOn();
        assertThat(new OneExecutor().broken(world)).isEqualTo("guest web1 runs on h1 and on h3");
    }

    @Test
    void aHostThatStandsStillExecutesNothingAndIsExcusedOnlyUntilItsGuardHasLooked() {
        running(one);
        running(other);
        one.freeze(Scheduler.SECOND);
        assertThat(new OneExecutor().broken(world)).isNull();

        until(Scheduler.SECOND);
        assertThat(new OneExecutor().broken(world)).isNull();

        until(Scheduler.SECOND + 60 * Scheduler.MS);
        assertThat(new OneExecutor().broken(world)).isEqualTo("guest web1 runs on h1 and on h3");
    }

    private void until(long micros) {
        world.clock().at(micros, () -> {});
        while (world.clock().nowMicros() < micros) {
            assertThat(world.clock().step()).isTrue();
        }
    }

    private Copy running(SimulatedHost host) {
        return new Copy(world, host, guest, Copy.State.RUNNING, FRESH);
    }
}
