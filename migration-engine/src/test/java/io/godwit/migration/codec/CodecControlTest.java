package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Workers, codecs and a link as numbers: what the control settles on when it measures them.
class CodecControlTest {
    private static final int RAW_BYTES = 256 << 10;
    private static final double MB = 1e6;
    private final Map<Codec, Integer> used = new EnumMap<>(Codec.class);

    private static double ratio(Codec codec) {
        return switch (codec) {
            case RAW -> 1;
            case LZ4 -> 0.28;
            case ZSTD_1 -> 0.18;
            case ZSTD_3 -> 0.16;
        };
    }

    private static double speed(Codec codec) {
        return switch (codec) {
            case RAW -> 1e12;
            case LZ4 -> 500 * MB;
            case ZSTD_1 -> 300 * MB;
            case ZSTD_3 -> 150 * MB;
        };
    }

    /// Lets two workers write batches over a link for a time.
    private void run(CodecControl control, double linkBytesPerSecond, long batches) {
        used.clear();
        for (long batch = 0; batch < batches; batch++) {
            Codec codec = control.codecFor(batch);
            used.merge(codec, 1, Integer::sum);
            int wireBytes = (int) (RAW_BYTES * ratio(codec));
            long nanos = (long) (RAW_BYTES / speed(codec) * 1e9);
            if (codec != Codec.RAW) {
                control.encoded(codec, RAW_BYTES, wireBytes, nanos);
            }
            long busy = nanos + CodecControl.stagingNanos(RAW_BYTES);
            long onLink = (long) (2 * wireBytes / linkBytesPerSecond * 1e9);
            control.sent(wireBytes, busy, Math.max(0, onLink - busy));
        }
    }

    @Test
    void slowLinksGetZstdAndFastOnesRawPages() {
        CodecControl control = new CodecControl(List.of(Codec.values()), 2, () -> 2);
        assertThat(control.current()).isEqualTo(Codec.LZ4);
        run(control, 30 * MB, 500);
        assertThat(control.current()).isEqualTo(Codec.ZSTD_3);
        run(control, 125 * MB, 2_000);
        assertThat(control.current()).isEqualTo(Codec.ZSTD_1);
        run(control, 5_000 * MB, 8_000);
        assertThat(control.current()).isEqualTo(Codec.RAW);
        run(control, 125 * MB, 500);
        assertThat(control.current()).isEqualTo(Codec.ZSTD_1);
    }

    @Test
    void onABusyHostZstdIsLeftAlone() {
        CodecControl control = new CodecControl(List.of(Codec.values()), 2, () -> 0.1);
        run(control, 125 * MB, 3_000);
        assertThat(control.current()).isEqualTo(Codec.LZ4);
        // What it costs to keep trying.
        assertThat(used.getOrDefault(Codec.ZSTD_1, 0) + used.getOrDefault(Codec.ZSTD_3, 0))
                .isLessThan(150);
    }

    @Test
    void whatTheTargetDoesNotKnowIsNeverUsed() {
        CodecControl control = new CodecControl(List.of(Codec.RAW, Codec.LZ4), 2, () -> 2);
        run(control, 30 * MB, 2_000);
        assertThat(used.keySet()).isSubsetOf(Codec.RAW, Codec.LZ4);
        assertThat(control.current()).isEqualTo(Codec.LZ4);
        CodecControl only = new CodecControl(List.of(Codec.ZSTD_1), 2, () -> 0);
        run(only, 30 * MB, 1_000);
        assertThat(used.keySet()).containsOnly(Codec.ZSTD_1);
    }
}
