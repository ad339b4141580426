package io.godwit.benchmarks.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.chaos.lab.LabException;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.ForwardedFrames;
import io.godwit.migration.MigrationReport.LatePages;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.migration.MigrationReport.Switchover;
import io.godwit.migration.Slowness;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GodwitSubjectTest {
    /// As an agent sends it.
    private static JsonNode report(Result result, String reason, LatePages latePages) {
        return JsonMapper.shared()
                .valueToTree(new MigrationReport(
                        new UUID(0, 1),
                        "web1",
                        "h1",
                        "h2",
                        2,
                        result,
                        reason,
                        1500,
                        40,
                        300,
                        List.of(
                                new MigrationReport.Round(1000, 4_000_000, 900, 0),
                                new MigrationReport.Round(50, 200_000, 100, 0)),
                        512 << 20,
                        4_200_000,
                        0,
                        0,
                        0,
                        0,
                        Switchover.NONE,
                        ForwardedFrames.NONE,
                        List.of(),
                        Slowness.UNKNOWN,
                        latePages));
    }

    @Test
    void whatTheReportSaysIsTheMoves() {
        Move move = GodwitSubject.move(report(Result.COMPLETED, "all is well", LatePages.NONE), 0, 1_600_000_000);
        assertThat(move.completed()).isTrue();
        assertThat(move.totalMs()).isEqualTo(1600);
        assertThat(move.movingMs()).isEqualTo(1040);
        assertThat(move.downtimeMs()).isEqualTo(40);
        assertThat(move.rounds())
                .containsExactly(new Move.Round(0, 900, 4_000_000), new Move.Round(900, 1000, 200_000));
        assertThat(move.latePages()).isZero();
    }

    @Test
    void pagesThatFollowTheGuestAreMemoryUnderWay() {
        Move move = GodwitSubject.move(report(Result.COMPLETED, "", new LatePages(9000, 120, 850)), 0, 2_000_000_000);
        assertThat(move.latePages()).isEqualTo(9000);
        assertThat(move.movingMs()).isEqualTo(1890);
    }

    @Test
    void onlyAMoveThatDidNotConvergeMayFail() {
        Move move = GodwitSubject.move(report(Result.FAILED, "It did not converge", LatePages.NONE), 0, 1);
        assertThat(move.completed()).isFalse();
        assertThat(move.reason()).isEqualTo("It did not converge");
        assertThatThrownBy(() -> GodwitSubject.move(report(Result.FAILED, "The target is gone", LatePages.NONE), 0, 1))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("The target is gone");
    }
}
