package io.godwit.shim.linux;

import java.util.Map;

/// The kernel's reason for refusing a call.
record Errno(int code) {
    static final Errno EPERM = new Errno(1);
    static final Errno ESRCH = new Errno(3);
    static final Errno EINTR = new Errno(4);
    static final Errno ENXIO = new Errno(6);
    static final Errno EAGAIN = new Errno(11);
    static final Errno EBUSY = new Errno(16);
    static final Errno EEXIST = new Errno(17);
    static final Errno ENODEV = new Errno(19);
    static final Errno EINVAL = new Errno(22);
    static final Errno ENOBUFS = new Errno(105);

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(1, "EPERM, operation not permitted"),
            Map.entry(2, "ENOENT, no such file"),
            Map.entry(3, "ESRCH, no such process"),
            Map.entry(4, "EINTR, interrupted"),
            Map.entry(5, "EIO, input/output error"),
            Map.entry(6, "ENXIO, no such device or address"),
            Map.entry(9, "EBADF, bad file descriptor"),
            Map.entry(10, "ECHILD, no such child"),
            Map.entry(11, "EAGAIN, try again"),
            Map.entry(12, "ENOMEM, out of memory"),
            Map.entry(13, "EACCES, permission denied"),
            Map.entry(14, "EFAULT, bad address"),
            Map.entry(16, "EBUSY, in use"),
            Map.entry(17, "EEXIST, exists already"),
            Map.entry(19, "ENODEV, no such device"),
            Map.entry(20, "ENOTDIR, not a directory"),
            Map.entry(21, "EISDIR, is a directory"),
            Map.entry(22, "EINVAL, invalid argument"),
            Map.entry(23, "ENFILE, too many open files on this host"),
            Map.entry(24, "EMFILE, too many open files"),
            Map.entry(25, "ENOTTY, unknown request"),
            Map.entry(27, "EFBIG, file too large"),
            Map.entry(28, "ENOSPC, no space left"),
            Map.entry(30, "EROFS, read-only file system"),
            Map.entry(38, "ENOSYS, unknown system call"),
            Map.entry(90, "EMSGSIZE, message too long"),
            Map.entry(95, "EOPNOTSUPP, not supported"),
            Map.entry(100, "ENETDOWN, interface is down"),
            Map.entry(105, "ENOBUFS, no buffer space"));

    @Override
    public String toString() {
        return NAMES.getOrDefault(code, "errno " + code);
    }
}
