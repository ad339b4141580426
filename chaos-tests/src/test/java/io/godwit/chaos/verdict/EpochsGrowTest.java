package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class EpochsGrowTest {

    @Test
    void recordsHeardOutOfOrderAreJudgedInZooKeepersOrder() {
        Told told = new Told().owner(1, "h1", 1).owner(9, "h3", 3).owner(5, "h2", 2);
        assertThat(EpochsGrow.check(told.events())).isEmpty();
    }

    @Test
    void anEpochThatShrinksIsFound() {
        Told told = new Told().owner(1, "h1", 4).owner(2, "h1", 3);
        assertThat(EpochsGrow.check(told.events())).singleElement().asString().contains("shrank from 4 to 3");
    }

    @Test
    void aNewOwnerWithinAnEpochIsFound() {
        Told told = new Told().owner(1, "h1", 4).owner(2, "h2", 4);
        assertThat(EpochsGrow.check(told.events())).singleElement().asString().contains("from h1 to h2");
    }
}
