package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Sizes and offsets as the kernel's headers for x86-64 have them. A request's number holds the size of its
/// structure, so the kernel refuses a wrong size; a wrong offset it would take in silence.
class KernelAbiTest {

    @Test
    void structures_of_userfaultfd() {
        assertThat(UserfaultAbi.API.byteSize()).isEqualTo(24).isEqualTo(sizeIn(UserfaultAbi.UFFDIO_API));
        assertThat(UserfaultAbi.REGISTER.byteSize()).isEqualTo(32).isEqualTo(sizeIn(UserfaultAbi.UFFDIO_REGISTER));
        assertThat(offset(UserfaultAbi.API, "features")).isEqualTo(8);
        assertThat(offset(UserfaultAbi.REGISTER, "mode")).isEqualTo(16);
        assertThat(UserfaultAbi.RANGE.byteSize())
                .isEqualTo(16)
                .isEqualTo(sizeIn(UserfaultAbi.UFFDIO_UNREGISTER))
                .isEqualTo(sizeIn(UserfaultAbi.UFFDIO_WAKE));
        assertThat(UserfaultAbi.COPY.byteSize()).isEqualTo(40).isEqualTo(sizeIn(UserfaultAbi.UFFDIO_COPY));
        assertThat(UserfaultAbi.ZEROPAGE.byteSize()).isEqualTo(32).isEqualTo(sizeIn(UserfaultAbi.UFFDIO_ZEROPAGE));
        assertThat(UserfaultAbi.MESSAGE.byteSize()).isEqualTo(32);
        assertThat(offset(UserfaultAbi.MESSAGE, "address")).isEqualTo(16);
        assertThat(offset(UserfaultAbi.COPY, "copy")).isEqualTo(32);
        assertThat(offset(UserfaultAbi.ZEROPAGE, "zeropage")).isEqualTo(24);
    }

    @Test
    void structures_of_the_page_map_scan() {
        assertThat(PagemapScan.ARGUMENT.byteSize()).isEqualTo(96);
        assertThat(PagemapScan.REGION.byteSize()).isEqualTo(24);
        assertThat(offset(PagemapScan.ARGUMENT, "walk_end")).isEqualTo(32);
        assertThat(offset(PagemapScan.ARGUMENT, "vec")).isEqualTo(40);
        assertThat(offset(PagemapScan.ARGUMENT, "category_mask")).isEqualTo(72);
        assertThat(offset(PagemapScan.ARGUMENT, "return_mask")).isEqualTo(88);
        assertThat(offset(PagemapScan.REGION, "end")).isEqualTo(8);
    }

    @Test
    void registers() {
        assertThat(Registers.LAYOUT.byteSize()).isEqualTo(27 * 8);
        assertThat(offset(Registers.LAYOUT, "rax")).isEqualTo(80);
        assertThat(offset(Registers.LAYOUT, "rdi")).isEqualTo(112);
        assertThat(offset(Registers.LAYOUT, "orig_rax")).isEqualTo(120);
        assertThat(offset(Registers.LAYOUT, "rip")).isEqualTo(128);
        assertThat(offset(Registers.LAYOUT, "rsp")).isEqualTo(152);
    }

    @Test
    void wait_statuses() {
        assertThat(Ptrace.decode(0x0000)).isEqualTo(new Ptrace.Stop.Ended());
        assertThat(Ptrace.decode(0x0009)).isEqualTo(new Ptrace.Stop.Ended());
        assertThat(Ptrace.decode(0x0b7f)).isEqualTo(new Ptrace.Stop.Signal(11));
        assertThat(Ptrace.decode(0x857f)).isEqualTo(new Ptrace.Stop.Syscall());
        assertThat(Ptrace.decode(0x80057f)).isEqualTo(new Ptrace.Stop.Event());
        assertThat(Ptrace.decode(0x80137f)).isEqualTo(new Ptrace.Stop.Event());
    }

    @Test
    void finds_a_system_call_instruction_anywhere_but_cut_in_half() {
        assertThat(SyscallInstruction.search(code(0x90, 0x0f, 0x0f, 0x05))).hasValue(2);
        assertThat(SyscallInstruction.search(code(0x90, 0x05, 0x0f))).isEmpty();
        assertThat(SyscallInstruction.search(code())).isEmpty();
    }

    @Test
    void mappings() {
        ProcMaps.Entry entry = ProcMaps.parse(
                        "7f0000001000-7f0000003000 rw-s 00002000 00:1b 4711                       /dev/shm/a b (deleted)")
                .orElseThrow();
        assertThat(entry)
                .isEqualTo(new ProcMaps.Entry(
                        0x7f0000001000L,
                        0x7f0000003000L,
                        "rw-s",
                        0x2000,
                        new ProcMaps.FileId("00:1b", 4711),
                        "/dev/shm/a b (deleted)"));
        assertThat(entry.sharedAndWritable()).isTrue();
        assertThat(entry.contains(0x7f0000002fffL)).isTrue();
        assertThat(entry.contains(0x7f0000003000L)).isFalse();
        assertThat(ProcMaps.parse("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]"))
                .get()
                .matches(ProcMaps.Entry::executable);
        assertThat(ProcMaps.parse("nonsense")).isEmpty();
        assertThatThrownBy(() -> ProcMaps.read(Integer.MAX_VALUE)).isInstanceOf(HypervisorException.class);
    }

    @Test
    void says_what_the_kernel_lacks() {
        assertThat(TrackingChecks.kernel("amd64", () -> true)).isEmpty();
        assertThat(TrackingChecks.kernel("aarch64", () -> true))
                .singleElement()
                .asString()
                .contains("x86-64")
                .contains("aarch64");
        assertThat(TrackingChecks.kernel("amd64", () -> false))
                .singleElement()
                .asString()
                .contains("Linux 6.7");
        List<String> unreadable = TrackingChecks.kernel("amd64", () -> {
            throw new HypervisorException("no /proc");
        });
        assertThat(unreadable).singleElement().asString().contains("no /proc");
    }

    private static MemorySegment code(int... bytes) {
        byte[] code = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            code[i] = (byte) bytes[i];
        }
        return MemorySegment.ofArray(code);
    }

    private static long sizeIn(long request) {
        return request >> 16 & 0x3fff;
    }

    private static long offset(MemoryLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }
}
