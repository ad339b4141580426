package io.godwit.chaos.observer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcTest {

    @Test
    void onlyTheTimeOfTheGuestsOwnProcessorsCounts(@TempDir Path proc) throws IOException {
        thread(proc, 10, "qemu-system-x86", "900 1 1");
        thread(proc, 11, "CPU 0/TCG", "123456 5 6");
        thread(proc, 12, "CPU 1/TCG", "1000 5 6");
        Proc subject = new Proc(proc);
        List<Long> processors = subject.guestProcessors(10);
        assertThat(processors).containsExactlyInAnyOrder(11L, 12L);
        assertThat(subject.ranNs(10, processors)).isEqualTo(124456);
    }

    @Test
    void aNameWithBlanksAndBracketsDoesNotShiftTheFields(@TempDir Path proc) throws IOException {
        Path folder = Files.createDirectories(proc.resolve("10"));
        Files.writeString(
                folder.resolve("stat"), "10 (a) b (c) T 1 10 10 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4711 9 9\n");
        assertThat(new Proc(proc).stat(10)).contains(new Proc.Stat("T", 4711));
        assertThat(new Proc(proc).stat(11)).isEmpty();
    }

    @Test
    void theGuestsNameStandsInTheNameOption() {
        assertThat(ProcessWatch.guest(List.of("qemu", "-name", "guest=web1,process=godwit-web1", "-S")))
                .isEqualTo("web1");
        assertThat(ProcessWatch.guest(List.of("qemu", "-S"))).isEmpty();
    }

    private static void thread(Path proc, long tid, String name, String schedstat) throws IOException {
        Path folder = Files.createDirectories(proc.resolve("10/task/" + tid));
        Files.writeString(folder.resolve("comm"), name + "\n");
        Files.writeString(folder.resolve("schedstat"), schedstat + "\n");
    }
}
