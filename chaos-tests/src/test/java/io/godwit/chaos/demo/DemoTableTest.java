package io.godwit.chaos.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class DemoTableTest {

    @Test
    void showsEachMoveAndTheMedians() {
        String table = DemoTable.of(List.of(move(1, "COMPLETED", 30), move(2, "COMPLETED", 10), move(3, "FAILED", 20)));
        List<String> lines = table.lines().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(2)).contains("h1 to h2").contains("123.5").contains("30.0");
        assertThat(lines.get(4)).contains("FAILED");
        assertThat(lines.get(5)).startsWith("| median").contains("20.0");
        assertThat(lines.stream().mapToInt(String::length).distinct()).hasSize(1);
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        List<DemoMove> moves = List.of(move(1, "COMPLETED", 10), move(2, "COMPLETED", 40));
        assertThat(DemoTable.median(moves, DemoMove::downtimeMs)).isEqualTo(25);
    }

    private static DemoMove move(int number, String result, double downtimeMs) {
        return new DemoMove(number, "h1", "h2", result, "", 4, 123_456_789, 2000, downtimeMs, 45, 300, 3, 0);
    }
}
