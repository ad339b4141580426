package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.codec.CodecChoice.Figures;
import io.godwit.migration.codec.CodecChoice.Measured;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CodecChoiceTest {
    private static final double MB = 1e6;
    private static final double GBIT = 125 * MB;

    /// Text on a processor of some years ago.
    private static final Map<Codec, Measured> TEXT = new EnumMap<>(Map.of(
            Codec.RAW, new Measured(3_000 * MB, 1),
            Codec.LZ4, new Measured(500 * MB, 0.28),
            Codec.ZSTD_1, new Measured(300 * MB, 0.18),
            Codec.ZSTD_3, new Measured(150 * MB, 0.16)));

    private static Codec decide(Codec current, double link, int workers, double idle) {
        return CodecChoice.decide(new Figures(current, TEXT, link, workers, idle));
    }

    @Test
    void aLinkThatOutrunsTheCompressorsGetsRawPages() {
        for (Codec current : Codec.values()) {
            assertThat(decide(current, 25 * GBIT, 2, 1)).isEqualTo(Codec.RAW);
            assertThat(decide(current, Double.POSITIVE_INFINITY, 2, 0)).isEqualTo(Codec.RAW);
        }
    }

    @Test
    void aLinkThatIsHardToFillIsWorthMoreCompressionIfProcessorsAreIdle() {
        assertThat(decide(Codec.RAW, GBIT, 2, 3)).isEqualTo(Codec.ZSTD_1);
        assertThat(decide(Codec.LZ4, GBIT / 10, 2, 2)).isEqualTo(Codec.ZSTD_3);
        assertThat(decide(Codec.LZ4, GBIT / 10, 8, 8)).isEqualTo(Codec.ZSTD_3);
    }

    @Test
    void guestsKeepTheirProcessors() {
        // LZ4 fills a gigabit with 0.9 processors; zstd would take 2.3 of them.
        assertThat(decide(Codec.LZ4, GBIT, 4, 0.3)).isEqualTo(Codec.LZ4);
        assertThat(decide(Codec.LZ4, GBIT, 4, 4)).isEqualTo(Codec.ZSTD_1);
        // A slow link costs little of them with any codec.
        assertThat(decide(Codec.LZ4, GBIT / 100, 4, 0.3)).isEqualTo(Codec.ZSTD_3);
    }

    /// Raw pages keep no processor busy, but what is sent has to be encrypted and handed over, and lasts longer.
    @Test
    void aBusyMachineGoesBackToCompressionOnceTheLinkIsFull() {
        assertThat(decide(Codec.RAW, GBIT, 2, 0)).isEqualTo(Codec.LZ4);
    }

    @Test
    void contentThatGainsNothingIsWrittenTheCheapestWay() {
        Map<Codec, Measured> noise = new EnumMap<>(Map.of(
                Codec.RAW, new Measured(3_000 * MB, 1),
                Codec.LZ4, new Measured(700 * MB, 0.99),
                Codec.ZSTD_1, new Measured(400 * MB, 0.98)));
        assertThat(CodecChoice.decide(new Figures(Codec.LZ4, noise, GBIT, 2, 2)))
                .isEqualTo(Codec.RAW);
        assertThat(CodecChoice.decide(new Figures(Codec.ZSTD_1, noise, GBIT, 2, 0)))
                .isEqualTo(Codec.RAW);
    }

    @Test
    void smallGainsChangeNothing() {
        Map<Codec, Measured> close = new EnumMap<>(
                Map.of(Codec.LZ4, new Measured(500 * MB, 0.28), Codec.ZSTD_1, new Measured(600 * MB, 0.26)));
        assertThat(CodecChoice.decide(new Figures(Codec.LZ4, close, GBIT, 4, 4)))
                .isEqualTo(Codec.LZ4);
    }

    @Test
    void whatIsNotMeasuredIsNotChosen() {
        Map<Codec, Measured> unknown = new EnumMap<>(Map.of(Codec.RAW, new Measured(3_000 * MB, 1)));
        assertThat(CodecChoice.decide(new Figures(Codec.LZ4, unknown, GBIT, 2, 2)))
                .isEqualTo(Codec.LZ4);
    }

    /// With the same figures a decision is not taken back.
    @Test
    void decisionsSettle() {
        for (double link = MB; link < 1e11; link *= 1.3) {
            for (double idle = 0; idle < 3; idle += 0.7) {
                for (Codec start : Codec.values()) {
                    Codec codec = start;
                    for (int i = 0; i < Codec.values().length; i++) {
                        codec = decide(codec, link, 2, idle);
                    }
                    assertThat(decide(codec, link, 2, idle)).isEqualTo(codec);
                }
            }
        }
    }
}
