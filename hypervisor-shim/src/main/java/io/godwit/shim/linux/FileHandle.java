package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Owns one file descriptor. A call in progress keeps it open, so that no call ever reaches a descriptor that
/// was closed and given to another file in the meantime.
final class FileHandle implements AutoCloseable {
    private final String what;
    private final int fd;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /// @param what names the file in errors
    FileHandle(String what, int fd) {
        this.what = what;
        this.fd = fd;
    }

    CallResult call(Operation operation) throws HypervisorException {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new HypervisorException("Already closed: " + what);
            }
            return operation.apply(fd);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                // Linux gives the descriptor up whatever close answers, and nothing here has data to write back.
                CallResult ignored = Libc.close(fd);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @FunctionalInterface
    interface Operation {
        CallResult apply(int fd);
    }
}
