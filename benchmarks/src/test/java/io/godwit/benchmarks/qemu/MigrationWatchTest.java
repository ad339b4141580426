package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.benchmarks.subject.Move.Round;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MigrationWatchTest {
    private static JsonNode said(int syncs, long transferred) {
        return JsonMapper.shared()
                .readTree("{\"ram\":{\"dirty-sync-count\":%d,\"transferred\":%d}}".formatted(syncs, transferred));
    }

    @Test
    void aRoundEndsWhenTheDirtyPagesAreCollectedAnew() {
        MigrationWatch watch = new MigrationWatch();
        watch.note(0, JsonMapper.shared().readTree("{\"status\":\"setup\"}"));
        watch.note(10, said(1, 100));
        assertThat(watch.passes()).isZero();
        watch.note(50, said(1, 900));
        watch.note(60, said(2, 1000));
        assertThat(watch.passes()).isEqualTo(1);
        watch.note(80, said(2, 1300));
        assertThat(watch.finish(90)).containsExactly(new Round(0, 60, 1000), new Round(60, 90, 300));
    }
}
