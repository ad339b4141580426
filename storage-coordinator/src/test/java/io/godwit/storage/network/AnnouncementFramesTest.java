package io.godwit.storage.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Byte for byte; the expected frames, checksum included, were computed by other means than this code.
class AnnouncementFramesTest {
    private static final String MAC = "52:54:00:12:34:56";

    @Test
    void ipv4IsAnnouncedByAnArpRequestAndAnArpReply() {
        assertThat(frames("10.0.0.7"))
                .containsExactly(
                        "ffffffffffff" + "525400123456" + "0806" + "0001" + "0800" + "0604" + "0001" + "525400123456"
                                + "0a000007" + "000000000000" + "0a000007",
                        "ffffffffffff" + "525400123456" + "0806" + "0001" + "0800" + "0604" + "0002" + "525400123456"
                                + "0a000007" + "525400123456" + "0a000007");
    }

    @Test
    void ipv6IsAnnouncedByAnOverridingNeighbourAdvertisementToAllNodes() {
        assertThat(frames("2001:db8::7"))
                .containsExactly("333300000001" + "525400123456" + "86dd"
                        + "60000000" + "0020" + "3a" + "ff"
                        + "20010db8000000000000000000000007" + "ff020000000000000000000000000001"
                        + "8800" + "7463" + "20000000"
                        + "20010db8000000000000000000000007" + "0201" + "525400123456");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "52:54:00:12:34",
                "52:54:00:12:34:56:78",
                "525400123456",
                "zz:54:00:12:34:56",
                "33:33:00:00:00:01"
            })
    void refusesWhatIsNoMacOfOneCard(String mac) {
        assertThatThrownBy(() -> MacAddress.parse(mac)).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<String> frames(String address) {
        return AnnouncementFrames.of(MacAddress.parse(MAC), InetAddress.ofLiteral(address)).stream()
                .map(HexFormat.of()::formatHex)
                .toList();
    }
}
