package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.history.Event;
import org.junit.jupiter.api.Test;

final class OneExecutorTest {

    @Test
    void aMigrationThereAndBackIsRight() {
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 1000)
                .gone("1/1", 1200)
                .runs("2/1", "h2", "g1", true, 1030, 2000)
                .runs("3/1", "h1", "g1", true, 2030, 3000);
        assertThat(OneExecutor.check(told.events())).isEmpty();
    }

    @Test
    void aTakeoverThatFollowsAtOnceIsRight() {
        Told told = new Told().runs("1/1", "h1", "g1", false, 0, 1000).runs("2/1", "h2", "g1", false, 1000, 2000);
        assertThat(OneExecutor.check(told.events())).isEmpty();
    }

    @Test
    void twoCopiesThatExecuteSideBySideAreFound() {
        Told told = new Told().runs("1/1", "h1", "g1", false, 0, 1000).runs("2/1", "h2", "g1", false, 900, 2000);
        assertThat(OneExecutor.check(told.events()))
                .singleElement()
                .asString()
                .contains("g1")
                .contains("h1")
                .contains("h2");
    }

    @Test
    void anOldCopyThatWakesForAMomentAfterTheNewOneBeganIsFound() {
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 1000)
                .runs("2/1", "h2", "g1", false, 3000, 9000)
                .executes("1/1", 5000, 5015);
        assertThat(OneExecutor.check(told.events())).hasSize(1);
    }

    @Test
    void aPausedCopysProcessorsMayBeWokenForMicroseconds() {
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 1000)
                .runs("2/1", "h2", "g1", true, 2000, 9000)
                .event(new Event.ProcessLook(Told.ns(5015), Told.ns(5000), "1/1", "T", 50_000));
        assertThat(OneExecutor.check(told.events())).isEmpty();
    }

    @Test
    void aLateLookAccusesNobodyOfWhatMayHaveBeenEarlier() {
        // Between two looks at the old copy, a second apart on a busy machine, the new one began.
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 900)
                .event(new Event.ProcessLook(Told.ns(1900), Told.ns(900), "1/1", "S", 3_000_000))
                .runs("2/1", "h2", "g1", true, 1500, 3000);
        assertThat(OneExecutor.check(told.events())).isEmpty();
    }

    @Test
    void guestsAreJudgedEachForItself() {
        Told told = new Told().runs("1/1", "h1", "g1", false, 0, 1000).runs("2/1", "h2", "g2", false, 0, 1000);
        assertThat(OneExecutor.check(told.events())).isEmpty();
    }
}
