package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.OnSlow;
import io.godwit.migration.Slowness;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressViewTest {
    private final StringWriter text = new StringWriter();

    @Test
    void tellsWhatIsLeftBehind() {
        assertThat(PlainProgress.line(MigrateTest.progress(MigrationProgress.Phase.LATE_PAGES, 2, 1_000)))
                .contains("late_pages")
                .contains("left behind 384")
                .contains("of 512")
                .doesNotContain("round");
    }

    @Test
    void theBarIsDrawnInPlaceAndRemovedAtTheEnd() {
        ProgressView view = new BarProgress(new PrintWriter(text), 200);
        view.show(MigrateTest.progress(MigrationProgress.Phase.ROUNDS, 3, 2_345));
        assertThat(text.toString())
                .isEqualTo("\rround 3 [#####...............]  25% 128 MiB/512 MiB dirty 20 MiB/s link 100 MiB/s"
                        + " down ~31 ms 2.3 s\u001b[K");
        view.end();
        assertThat(text.toString()).endsWith("\r\u001b[K");
    }

    @Test
    void onAnOrdinaryTerminalAllFiguresAreSeen() {
        ProgressView view = new BarProgress(new PrintWriter(text), 80);
        view.show(new MigrationProgress(
                MigrationProgress.Phase.ROUNDS, 12, 512L << 20, 128L << 20, 1, 20L << 20, 117L << 20, 131, 12_345));
        assertThat(text.toString().replace("\r", "").replace("\u001b[K", ""))
                .hasSizeLessThan(80)
                .isEqualTo("round 12  25% 128 MiB/512 MiB dirty 20 MiB/s link 117 MiB/s down ~131 ms 12.3 s");
    }

    @Test
    void showsWhatGivesWay() {
        MigrationProgress plain = MigrateTest.progress(MigrationProgress.Phase.ROUNDS, 3, 2_345);
        assertThat(PlainProgress.line(plain.withSlowness(new Slowness(OnSlow.THROTTLE, 100, 30, 30, 900, 1))))
                .endsWith("downtime ~31 ms slowed 30%");
        assertThat(PlainProgress.line(plain.withSlowness(new Slowness(OnSlow.STRETCH, 225, 0, 0, 0, 2))))
                .endsWith("downtime ~31 ms budget 225 ms");
        ProgressView view = new BarProgress(new PrintWriter(text), 120);
        view.show(plain.withSlowness(new Slowness(OnSlow.THROTTLE, 100, 30, 30, 900, 1)));
        assertThat(text.toString()).contains("down ~31 ms slowed 30% 2.3 s");
    }

    @Test
    void theBarNeverWraps() {
        ProgressView view = new BarProgress(new PrintWriter(text), 40);
        view.show(MigrateTest.progress(MigrationProgress.Phase.SWITCHOVER, 3, 2_345));
        assertThat(text.toString().replace("\r", "").replace("\u001b[K", ""))
                .hasSize(39)
                .startsWith("switchover ");
    }

    @Test
    void figuresThatCannotBeDoNotBreakTheBar() {
        ProgressView view = new BarProgress(new PrintWriter(text), 200);
        view.show(new MigrationProgress(MigrationProgress.Phase.ROUNDS, 1, 0, 5, 0, 0, 0, -1, 0));
        view.show(new MigrationProgress(MigrationProgress.Phase.ROUNDS, 1, 10, 50, 0, 0, 0, -1, 0));
        assertThat(text.toString())
                .contains("[....................]   0%")
                .contains("[####################] 100%")
                .contains("down -");
    }
}
