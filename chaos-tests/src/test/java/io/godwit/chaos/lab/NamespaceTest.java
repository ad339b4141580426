package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class NamespaceTest {
    private static final long SELF = ProcessHandle.current().pid();

    private final Namespace one = new Namespace("gw-ns" + SELF + "-1");
    private final Namespace two = new Namespace("gw-ns" + SELF + "-2");

    @BeforeEach
    void create() {
        one.create();
        two.create();
    }

    @AfterEach
    void destroy() {
        one.destroy();
        two.destroy();
    }

    @Test
    void processesAreFoundInTheNamespaceTheyAreIn() throws Exception {
        assertThat(one.processes()).isEmpty();
        Process sleeper = new ProcessBuilder(one.wrap("sleep", "60")).start();
        // It enters the namespace before it becomes what it is to run.
        await().untilAsserted(() -> assertThat(one.processes()).containsExactly(sleeper.pid()));
        assertThat(two.processes()).isEmpty();
        assertThat(Namespace.processesIn(List.of(one, two))).containsExactly(sleeper.pid());
        assertThat(Namespace.processesIn(List.of())).isEmpty();
        sleeper.destroyForcibly().waitFor();
        assertThat(one.processes()).isEmpty();
    }

    @Test
    void whatRunsInANamespaceEndsWithIt() throws Exception {
        Process sleeper = new ProcessBuilder(two.wrap("sleep", "60")).start();
        await().untilAsserted(() -> assertThat(two.processes()).containsExactly(sleeper.pid()));
        two.destroy();
        assertThat(sleeper.waitFor()).isEqualTo(128 + 9);
        assertThat(two.processes()).as("of a namespace that does not exist").isEmpty();
    }
}
