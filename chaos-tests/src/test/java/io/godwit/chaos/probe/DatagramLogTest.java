package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

final class DatagramLogTest {
    @Test
    void countsWhatWasNotAnsweredAndSaysWhereItBegan() {
        BitSet answered = new BitSet();
        answered.set(0, 10);
        assertThat(DatagramLog.of(10, answered, 1)).isEqualTo(new DatagramLog(10, 0, 1, -1));
        answered.clear(4);
        answered.clear(7);
        assertThat(DatagramLog.of(10, answered, 0)).isEqualTo(new DatagramLog(10, 2, 0, 4));
        assertThat(DatagramLog.of(12, answered, 0).unanswered()).isEqualTo(4);
    }
}
