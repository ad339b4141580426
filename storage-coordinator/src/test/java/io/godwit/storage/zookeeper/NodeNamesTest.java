package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.Claims;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.apache.zookeeper.common.PathUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeNamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "web1",
                ".",
                "..",
                "...",
                "a.b",
                "/var/lib/x y.img",
                "%2F",
                "100%",
                "größer",
                "\u0001",
                "fd00::7",
                "😀"
            })
    void everyNameBecomesALegalNodeAndComesBack(String name) {
        String node = NodeNames.encode(name);
        PathUtils.validatePath("/root/" + node);
        assertThat(node).doesNotContain("/");
        assertThat(NodeNames.decode(node)).isEqualTo(name);
    }

    @Test
    void twoNamesNeverShareANode() {
        Set<String> nodes = new HashSet<>();
        for (char c = 1; c < 0x3000; c++) {
            assertThat(nodes.add(NodeNames.encode("a" + c)))
                    .as("character %d", (int) c)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%2", "%zz", "a%", "ü"})
    void refusesNodesItDidNotName(String node) {
        assertThatThrownBy(() -> NodeNames.decode(node)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneImageAndOneAddressHaveOneName() {
        assertThat(NodeNames.canonicalImage("/srv//images/./x/../web1.img")).isEqualTo("/srv/images/web1.img");
        assertThat(NodeNames.canonicalAddress("2001:DB8:0::7")).isEqualTo("2001:db8:0:0:0:0:0:7");
        assertThat(NodeNames.canonicalAddress("::ffff:10.0.0.1")).isEqualTo("10.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "10.0.0.256", "fe80::1%eth0", "", "10.0.0.1/24"})
    void refusesWhatIsNoAddress(String address) {
        assertThatThrownBy(() -> NodeNames.canonicalAddress(address)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void claimsStaySmallEnoughForOneRequest() {
        Set<String> many = new HashSet<>();
        for (int i = 0; i <= RecordFields.NAMES_MAX; i++) {
            many.add("/srv/" + i);
        }
        Set<String> none = Collections.emptySet();
        assertThatThrownBy(() -> ClaimNames.canonical(new Claims(many, none)))
                .isInstanceOf(IllegalArgumentException.class);
        Set<String> longNames = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            longNames.add("/" + i + "x".repeat(4_000));
        }
        assertThatThrownBy(() -> ClaimNames.canonical(new Claims(longNames, none)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> NodeNames.canonicalImage("/" + "x".repeat(5_000)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
