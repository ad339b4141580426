package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.history.Event;
import org.junit.jupiter.api.Test;

final class MarginsTest {

    @Test
    void marginsCountFromTheLastSignOfTheOldCopyToTheFirstOfTheNewAndNeverTooMuch() {
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 990)
                .runs("2/1", "h2", "g1", true, 1050, 2010)
                .runs("3/1", "h3", "g1", false, 9000, 9990)
                .runs("4/1", "h3", "g1", false, 12000, 13000);
        Margins margins = Margins.of(told.events());
        // The migration is none of it. 10 ms less for what the kernel may have counted late.
        assertThat(margins.takeoverMs()).containsExactly(9000.0 - 2010 - 10);
        assertThat(margins.restartMs()).containsExactly(12000.0 - 9990 - 10);
    }

    @Test
    void aTargetThatWasOnlyStirredDoesNotHideHowLongItsSourceRan() {
        Told told = new Told()
                .runs("1/1", "h1", "g1", false, 0, 4995)
                .event(new Event.ProcessFound(Told.ns(1000), "2/1", "h2", "g1", true))
                .event(new Event.ProcessLook(Told.ns(1500), Told.ns(1485), "2/1", "S", 200_000))
                .runs("3/1", "h3", "g1", false, 9000, 9990);
        assertThat(Margins.of(told.events()).takeoverMs()).containsExactly(9000.0 - 4995 - 10);
    }
}
