package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.PagePolicy.Compression;
import org.junit.jupiter.api.Test;

class PagePolicyTest {
    @Test
    void anOlderTargetGetsOnlyWhatItUnderstands() {
        PagePolicy all = PagePolicy.DEFAULT;
        assertThat(all.understoodBy(2)).isEqualTo(all);
        assertThat(all.understoodBy(1)).isEqualTo(new PagePolicy(0, Compression.FAST));
        PagePolicy zstd = new PagePolicy(4096, Compression.ZSTD);
        assertThat(zstd.understoodBy(1)).isEqualTo(new PagePolicy(0, Compression.LZ4));
        PagePolicy none = new PagePolicy(4096, Compression.NONE);
        assertThat(none.understoodBy(1)).isEqualTo(new PagePolicy(0, Compression.NONE));
    }

    @Test
    void impossibleCachesAreRefused() {
        assertThatThrownBy(() -> new PagePolicy(-1, Compression.AUTO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PagePolicy(PagePolicy.DELTA_CACHE_BYTES_MAX + 1, Compression.AUTO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
