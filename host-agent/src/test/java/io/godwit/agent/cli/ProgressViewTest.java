package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.MigrationProgress;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressViewTest {
    private final StringWriter text = new StringWriter();

    @Test
    void theBarIsDrawnInPlaceAndRemovedAtTheEnd() {
        ProgressView view = new BarProgress(new PrintWriter(text), 200);
        view.show(MigrateTest.progress(MigrationProgress.Phase.ROUNDS, 3, 2_345));
        assertThat(text.toString())
                .isEqualTo("\rround 3    [#####...............]  25%  128 MiB/512 MiB  dirty 20 MiB/s  link 100 MiB/s"
                        + "  downtime ~31 ms  2.3 s\u001b[K");
        view.end();
        assertThat(text.toString()).endsWith("\r\u001b[K");
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
                .contains("downtime -");
    }
}
