package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// Finds a `syscall` instruction in the code of a process. Any will do, also one that is only a part of another
/// instruction, because the thread is stopped again before it executes what follows.
final class SyscallInstruction {
    private static final int SEARCHED_BYTES_MAX = 4 << 20;
    private static final int MAPPINGS_SEARCHED_MAX = 16;
    private static final byte FIRST = 0x0f;
    private static final byte SECOND = 0x05;

    private SyscallInstruction() {}

    static long find(int pid) throws HypervisorException {
        List<ProcMaps.Entry> code = ProcMaps.read(pid).stream()
                .filter(entry -> entry.executable() && !entry.path().equals("[vsyscall]"))
                .sorted(Comparator.comparingInt(SyscallInstruction::rank))
                .limit(MAPPINGS_SEARCHED_MAX)
                .toList();
        try (Arena arena = Arena.ofConfined()) {
            for (ProcMaps.Entry entry : code) {
                MemorySegment buffer = arena.allocate(Math.min(entry.end() - entry.start(), SEARCHED_BYTES_MAX));
                if (Libc.readProcess(pid, entry.start(), buffer) instanceof CallResult.Value(long length)) {
                    OptionalLong found = search(buffer.asSlice(0, length));
                    if (found.isPresent()) {
                        return entry.start() + found.getAsLong();
                    }
                }
            }
        }
        throw new HypervisorException("Found no system call instruction in the code of process " + pid);
    }

    static OptionalLong search(MemorySegment code) {
        for (long i = 0; i + 1 < code.byteSize(); i++) {
            if (code.get(JAVA_BYTE, i) == FIRST && code.get(JAVA_BYTE, i + 1) == SECOND) {
                return OptionalLong.of(i);
            }
        }
        return OptionalLong.empty();
    }

    /// The small and certain places first.
    private static int rank(ProcMaps.Entry entry) {
        if (entry.path().equals("[vdso]")) {
            return 0;
        }
        return entry.path().contains("/libc") || entry.path().contains("/ld-") ? 1 : 2;
    }
}
