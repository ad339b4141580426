package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// The part of the kernel's userfaultfd interface that write tracking needs: numbers and structures of
/// `linux/userfaultfd.h` for x86-64.
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

    static MemorySegment register(Arena arena, long start, long bytes) {
        MemorySegment register = arena.allocate(REGISTER);
        set(REGISTER, register, "start", start);
        set(REGISTER, register, "len", bytes);
        set(REGISTER, register, "mode", REGISTER_MODE_WP);
        return register;
    }

    private static void set(StructLayout layout, MemorySegment struct, String field, long value) {
        struct.set(JAVA_LONG, layout.byteOffset(MemoryLayout.PathElement.groupElement(field)), value);
    }
}
