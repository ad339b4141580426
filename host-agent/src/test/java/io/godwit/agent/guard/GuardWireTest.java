package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardWireTest {
    private static final List<GuardedProcess> TWO = List.of(
            new GuardedProcess("web1", new LinuxProcess(4_711, 99)),
            new GuardedProcess("a.b_c-d", new LinuxProcess(4_712, Long.MAX_VALUE)));

    @Test
    void saysWhatWasMeant() throws Exception {
        GuardWire.Feed feed = new GuardWire.Feed(false, 7, 1_000, 2_000, TWO);
        assertThat(feed.line()).isEqualTo("feed 7 1000 2000 web1:4711:99 a.b_c-d:4712:9223372036854775807");
        assertThat(GuardWire.feed(feed.line())).isEqualTo(feed);
        assertThat(GuardWire.feed("feed 1 2 3").processes()).isEmpty();
        GuardWire.Feed cap = new GuardWire.Feed(true, 8, 1_000, 2_000, TWO);
        assertThat(cap.line()).startsWith("cap 8 1000 2000 web1:");
        assertThat(GuardWire.feed(cap.line())).isEqualTo(cap);
        assertThat(GuardWire.hello("")).isEqualTo("guard 2 -");
        assertThat(GuardWire.hello("/dev/watchdog")).isEqualTo("guard 2 /dev/watchdog");
        assertThat(GuardWire.held(GuardWire.holds(TWO))).contains(TWO);
        assertThat(GuardWire.held(GuardWire.ack(3))).isEmpty();
        assertThat(GuardWire.acked(GuardWire.ack(3))).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "feed",
                "feed 1 2",
                "feed a 2 3",
                "feed 1 2 3 web1",
                "feed 1 2 3 web1:x:1",
                "feed 1 2 3 web1:1:1",
                "feed 1 2 3 web1:0:1",
                "feed 1 2 3 web1:-5:1",
                "feed 1 2 3 web1:4294967296:1",
                "eat 1 2 3"
            })
    void refusesWhatIsNoFeed(String line) {
        assertThatThrownBy(() -> GuardWire.feed(line)).isInstanceOf(IOException.class);
    }
}
