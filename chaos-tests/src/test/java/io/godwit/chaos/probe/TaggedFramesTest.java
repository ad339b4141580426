package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class TaggedFramesTest {
    private static final byte[] CLIENT_MAC = {2, 0, 0, 0, 0, 3};
    private static final byte[] CLIENT = {10, 79, 0, 3};
    private static final byte[] GUEST_MAC = {2, 0, 0, 0, 1, 1};
    private static final byte[] GUEST = {10, 79, 1, 1};

    private final TaggedFrames frames = new TaggedFrames(7, CLIENT_MAC, CLIENT);

    @Test
    void aPingIsTaggedAndItsChecksumsAreRight() {
        assertThat(HexFormat.of().formatHex(frames.ping(GUEST_MAC, GUEST, 0x10203)))
                .startsWith("020000000101" + "020000000003" + "81000007" + "0800"
                        + "45000020" + "00000000" + "4001653c" + "0a4f0003" + "0a4f0101"
                        + "0800f3f1" + "00070203" + "00010203");
    }

    @Test
    void anAnswerIsKnownByItsNumberAndASenderThatAsksIsAnswered() {
        byte[] reply = HexFormat.of()
                .parseHex("0200000000030200000001010800" + "450000200000000040010000" + "0a4f0101" + "0a4f0003"
                        + "00000000" + "0007000900000009" + "0000");
        assertThat(frames.answered(reply, GUEST)).isEqualTo(9);
        assertThat(frames.answered(reply, new byte[] {10, 79, 1, 2})).isEqualTo(-1);
        assertThat(frames.answer(reply)).isEmpty();

        byte[] question = HexFormat.of()
                .parseHex("ffffffffffff0200000001010806" + "0001080006040001" + "0200000001010a4f0101"
                        + "0000000000000a4f0003");
        assertThat(HexFormat.of().formatHex(frames.answer(question)))
                .startsWith("020000000101" + "020000000003" + "81000007" + "0806" + "0001080006040002"
                        + "0200000000030a4f0003" + "0200000001010a4f0101");
        assertThat(frames.answered(question, GUEST)).isEqualTo(-1);
    }
}
