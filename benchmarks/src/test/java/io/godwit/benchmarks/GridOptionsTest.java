package io.godwit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Plan;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class GridOptionsTest {
    private static Plan plan(String... words) {
        GridOptions options = new GridOptions();
        new CommandLine(options).parseArgs(words);
        return options.plan();
    }

    @Test
    void withoutOptionsOneCellIsMeasuredWithEveryConfiguration() {
        Plan plan = plan();
        assertThat(plan.cells()).hasSize(1);
        assertThat(plan.cells().getFirst().word()).isEqualTo("1gbit-20-text");
        assertThat(plan.configurations())
                .extracting(Configuration::name)
                .containsExactly(
                        "godwit",
                        "qemu default",
                        "qemu multifd",
                        "qemu multifd-zstd",
                        "qemu xbzrle",
                        "qemu auto-converge",
                        "qemu post-copy");
        assertThat(plan.runs()).isEqualTo(5);
    }

    @Test
    void everyMakesTheWholeGrid() {
        Plan plan = plan("--link", "every", "--dirty", "every", "--content", "every");
        assertThat(plan.cells()).hasSize(3 * 4 * 3).doesNotHaveDuplicates();
        assertThat(plan.links()).hasSize(3);
    }

    @Test
    void quickIsOneCellWithTwoOfQemu() {
        Plan plan = plan("--quick");
        assertThat(plan.cells()).hasSize(1);
        assertThat(plan.configurations())
                .extracting(Configuration::name)
                .containsExactly("godwit", "qemu default", "qemu multifd-zstd");
        assertThat(plan.runs()).isEqualTo(3);
        assertThat(plan("--quick", "--runs", "2", "--qemu", "multifd").runs()).isEqualTo(2);
    }

    @Test
    void listsAreDividedByCommas() {
        Plan plan = plan("--link", "100mbit,0", "--content", "zero,random", "--qemu", "none", "--runs", "2");
        assertThat(plan.cells()).hasSize(4);
        assertThat(plan.qemu()).isEmpty();
        assertThat(plan.godwit()).hasSize(1);
    }

    @Test
    void aConfigurationOfGodwitHasANameAndFieldsOfTheRequest() {
        Configuration.Godwit capped =
                GridOptions.godwit("capped=bandwidthBytesPerSecond:50000000,onSlow:post-copy,x:true");
        assertThat(capped.name()).isEqualTo("godwit capped");
        assertThat(capped.request())
                .containsEntry("bandwidthBytesPerSecond", 50_000_000L)
                .containsEntry("onSlow", "post-copy")
                .containsEntry("x", true);
        assertThat(GridOptions.godwit("default").request()).isEmpty();
    }

    @Test
    void whatIsUnknownIsRefusedAndNamed() {
        assertThatThrownBy(() -> plan("--link", "2gbit"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2gbit");
        assertThatThrownBy(() -> plan("--dirty", "21")).hasMessageContaining("21");
        assertThatThrownBy(() -> plan("--content", "music")).hasMessageContaining("music");
        assertThatThrownBy(() -> plan("--qemu", "rdma")).hasMessageContaining("rdma");
        assertThatThrownBy(() -> plan("--godwit", "Capital=")).hasMessageContaining("Capital=");
        assertThatThrownBy(() -> plan("--godwit", "a=b")).hasMessageContaining("b");
        assertThatThrownBy(() -> plan("--memory", "100000")).hasMessageContaining("Memory");
        assertThatThrownBy(() -> plan("--qemu", "none", "--godwit", "none")).hasMessageContaining("nothing");
    }
}
