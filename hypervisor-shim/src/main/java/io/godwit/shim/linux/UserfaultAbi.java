package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// The part of the kernel's userfaultfd interface that write tracking and missing pages need: numbers and
/// structures of `linux/userfaultfd.h` for x86-64.
final class UserfaultAbi {
    static final long SYS_CLOSE = 3;
    static final long SYS_IOCTL = 16;
    static final long SYS_USERFAULTFD = 323;

    /// No fault is ever handed to user space in asynchronous mode, so the restriction to faults of user code costs
    /// nothing; but with it the call needs no privilege in the process that makes it.
    static final long USER_MODE_ONLY = 1;

    static final long FLAGS = Libc.O_CLOEXEC | Libc.O_NONBLOCK | USER_MODE_ONLY;
    static final long UFFDIO_API = 0xc018aa3fL;
    static final long UFFDIO_REGISTER = 0xc020aa00L;
    static final long UFFDIO_UNREGISTER = 0x8010aa01L;
    static final long UFFDIO_WAKE = 0x8010aa02L;
    static final long UFFDIO_COPY = 0xc028aa03L;
    static final long UFFDIO_ZEROPAGE = 0xc020aa04L;

    /// Without the restriction to faults of user code: KVM and the kernel's own copying touch guest memory as
    /// well. The process that makes the call needs CAP_SYS_PTRACE for it.
    static final long MISSING_FLAGS = Libc.O_CLOEXEC | Libc.O_NONBLOCK;

    static final long FEATURE_MISSING_SHMEM = 1 << 5;
    static final long REGISTER_MODE_MISSING = 1;

    /// Bits of what registering says the range can do: wake, copy, zero page. Huge pages lack the last.
    static final long RANGE_IOCTLS_NEEDED = 1 << 2 | 1 << 3 | 1 << 4;

    static final byte EVENT_PAGEFAULT = 0x12;
    static final long UFFD_API = 0xaa;
    static final long FEATURE_PAGEFAULT_FLAG_WP = 1;
    static final long FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
    static final long FEATURE_WP_UNPOPULATED = 1 << 13;
    static final long FEATURE_WP_ASYNC = 1 << 15;
    static final long REGISTER_MODE_WP = 2;

    /// `struct uffdio_api`.
    static final StructLayout API = MemoryLayout.structLayout(
            JAVA_LONG.withName("api"), JAVA_LONG.withName("features"), JAVA_LONG.withName("ioctls"));

    /// `struct uffdio_register`.
    static final StructLayout REGISTER = MemoryLayout.structLayout(
            JAVA_LONG.withName("start"),
            JAVA_LONG.withName("len"),
            JAVA_LONG.withName("mode"),
            JAVA_LONG.withName("ioctls"));

    /// `struct uffdio_range`.
    static final StructLayout RANGE = MemoryLayout.structLayout(JAVA_LONG.withName("start"), JAVA_LONG.withName("len"));

    /// `struct uffdio_copy`.
    static final StructLayout COPY = MemoryLayout.structLayout(
            JAVA_LONG.withName("dst"),
            JAVA_LONG.withName("src"),
            JAVA_LONG.withName("len"),
            JAVA_LONG.withName("mode"),
            JAVA_LONG.withName("copy"));

    /// `struct uffdio_zeropage`.
    static final StructLayout ZEROPAGE = MemoryLayout.structLayout(
            JAVA_LONG.withName("start"),
            JAVA_LONG.withName("len"),
            JAVA_LONG.withName("mode"),
            JAVA_LONG.withName("zeropage"));

    /// `struct uffd_msg` of a page fault; the first byte is the event.
    static final StructLayout MESSAGE = MemoryLayout.structLayout(
            JAVA_LONG.withName("event"),
            JAVA_LONG.withName("flags"),
            JAVA_LONG.withName("address"),
            JAVA_LONG.withName("thread"));

    private UserfaultAbi() {}

    static MemorySegment api(Arena arena) {
        MemorySegment api = arena.allocate(API);
        set(API, api, "api", UFFD_API);
        set(
                API,
                api,
                "features",
                FEATURE_PAGEFAULT_FLAG_WP | FEATURE_WP_HUGETLBFS_SHMEM | FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC);
        return api;
    }

    static MemorySegment missingApi(Arena arena) {
        MemorySegment api = arena.allocate(API);
        set(API, api, "api", UFFD_API);
        set(API, api, "features", FEATURE_MISSING_SHMEM);
        return api;
    }

    static MemorySegment register(Arena arena, long start, long bytes) {
        return register(arena, start, bytes, REGISTER_MODE_WP);
    }

    static MemorySegment register(Arena arena, long start, long bytes, long mode) {
        MemorySegment register = arena.allocate(REGISTER);
        set(REGISTER, register, "start", start);
        set(REGISTER, register, "len", bytes);
        set(REGISTER, register, "mode", mode);
        return register;
    }

    static MemorySegment range(Arena arena, long start, long bytes) {
        MemorySegment range = arena.allocate(RANGE);
        set(RANGE, range, "start", start);
        set(RANGE, range, "len", bytes);
        return range;
    }

    static long get(StructLayout layout, MemorySegment struct, String field) {
        return struct.get(JAVA_LONG, layout.byteOffset(MemoryLayout.PathElement.groupElement(field)));
    }

    static void set(StructLayout layout, MemorySegment struct, String field, long value) {
        struct.set(JAVA_LONG, layout.byteOffset(MemoryLayout.PathElement.groupElement(field)), value);
    }
}
