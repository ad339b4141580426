package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// The registers of an x86-64 thread as ptrace hands them out (`struct user_regs_struct`).
final class Registers {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("r15"),
            JAVA_LONG.withName("r14"),
            JAVA_LONG.withName("r13"),
            JAVA_LONG.withName("r12"),
            JAVA_LONG.withName("rbp"),
            JAVA_LONG.withName("rbx"),
            JAVA_LONG.withName("r11"),
            JAVA_LONG.withName("r10"),
            JAVA_LONG.withName("r9"),
            JAVA_LONG.withName("r8"),
            JAVA_LONG.withName("rax"),
            JAVA_LONG.withName("rcx"),
            JAVA_LONG.withName("rdx"),
            JAVA_LONG.withName("rsi"),
            JAVA_LONG.withName("rdi"),
            JAVA_LONG.withName("orig_rax"),
            JAVA_LONG.withName("rip"),
            JAVA_LONG.withName("cs"),
            JAVA_LONG.withName("eflags"),
            JAVA_LONG.withName("rsp"),
            JAVA_LONG.withName("ss"),
            JAVA_LONG.withName("fs_base"),
            JAVA_LONG.withName("gs_base"),
            JAVA_LONG.withName("ds"),
            JAVA_LONG.withName("es"),
            JAVA_LONG.withName("fs"),
            JAVA_LONG.withName("gs"));

    /// The code segment of 64-bit programs.
    private static final long USER_CS_64 = 0x33;

    private static final String[] ARGUMENTS = {"rdi", "rsi", "rdx", "r10", "r8", "r9"};

    private final MemorySegment bytes;

    Registers(Arena arena) {
        bytes = arena.allocate(LAYOUT);
    }

    MemorySegment bytes() {
        return bytes;
    }

    void copyFrom(Registers other) {
        bytes.copyFrom(other.bytes);
    }

    long get(String name) {
        return bytes.get(JAVA_LONG, offset(name));
    }

    boolean is64Bit() {
        return get("cs") == USER_CS_64;
    }

    /// Makes these the registers of a thread about to execute the `syscall` instruction at an address.
    void prepareCall(long instruction, long number, long... arguments) {
        set("rip", instruction);
        set("rax", number);
        // Without this the kernel might take the thread for one that returns from an interrupted call, and move
        // its instruction pointer back to start that one again.
        set("orig_rax", -1);
        for (int i = 0; i < arguments.length; i++) {
            set(ARGUMENTS[i], arguments[i]);
        }
    }

    private void set(String name, long value) {
        bytes.set(JAVA_LONG, offset(name), value);
    }

    private static long offset(String name) {
        return LAYOUT.byteOffset(MemoryLayout.PathElement.groupElement(name));
    }
}
