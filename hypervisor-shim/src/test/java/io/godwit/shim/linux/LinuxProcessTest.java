package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.linux.LinuxProcess.Signal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LinuxProcessTest {

    @Test
    void knows_itself_alive() {
        LinuxProcess self = LinuxProcess.find(ProcessHandle.current().pid()).orElseThrow();
        assertThat(self.isAlive()).isTrue();
    }

    @Test
    void a_later_process_of_the_same_number_is_another_one() throws Exception {
        LinuxProcess self = LinuxProcess.find(ProcessHandle.current().pid()).orElseThrow();
        LinuxProcess earlier = new LinuxProcess(self.pid(), self.startTimeTicks() - 1);
        assertThat(earlier.isAlive()).isFalse();
        assertThat(earlier.signal(Signal.KILL)).isFalse();
        assertThat(earlier.awaitExit(Duration.ZERO)).isTrue();
    }

    @Test
    void kills_and_sees_the_end() throws Exception {
        Process child = new ProcessBuilder("busybox", "sleep", "60").start();
        LinuxProcess process = LinuxProcess.find(child.pid()).orElseThrow();
        assertThat(process.awaitExit(Duration.ofMillis(5))).isFalse();
        assertThat(process.signal(Signal.KILL)).isTrue();
        assertThat(process.awaitExit(Duration.ofSeconds(10))).isTrue();
        child.waitFor();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.signal(Signal.KILL)).isFalse();
    }

    @Test
    void reads_names_that_hold_blanks_and_brackets() {
        String fields = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        assertThat(LinuxProcess.Stat.parse("17 (a) b (c)" + fields)).contains(new LinuxProcess.Stat('S', 4711));
        assertThat(LinuxProcess.Stat.parse("17 (cut")).isEmpty();
        assertThat(LinuxProcess.Stat.parse("17 (cut) S 1 2")).isEmpty();
    }
}
