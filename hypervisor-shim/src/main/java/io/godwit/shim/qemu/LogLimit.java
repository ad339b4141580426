package io.godwit.shim.qemu;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a guest from filling the run directory, often a small tmpfs, with what it prints. QEMU appends to its logs,
/// so they can be cut under its hands; one older part is kept beside each (`console.log.1`).
final class LogLimit implements AutoCloseable {
    static final long LOG_BYTES_MAX = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LogLimit.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final List<Path> logs;
    private final Thread thread;

    private LogLimit(GuestFolder folder) {
        this.logs = List.of(folder.consoleLog(), folder.log());
        this.thread = Thread.ofVirtual().name("godwit-logs-" + folder.guest()).unstarted(this::run);
    }

    /// Looks at the logs every few seconds until it is closed.
    static LogLimit watch(GuestFolder folder) {
        LogLimit limit = new LogLimit(folder);
        limit.thread.start();
        return limit;
    }

    /// Returns when no file is touched any more, unless the run directory's disk hangs.
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(CLOSE_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                for (Path log : logs) {
                    cutQuietly(log);
                }
            }
        } catch (InterruptedException e) {
            // Closed: the next agent looks after the logs.
            Thread.currentThread().interrupt();
        }
    }

    private static void cutQuietly(Path log) {
        try {
            cut(log, LOG_BYTES_MAX);
        } catch (NoSuchFileException e) {
            LOG.trace("There is no log to cut: {}", log);
        } catch (IOException e) {
            LOG.warn("Could not cut the log {}", log, e);
        }
    }

    /// Moves the content of a log that has grown beyond the limit aside. What is written at that moment may be lost.
    static void cut(Path log, long bytesMax) throws IOException {
        if (Files.size(log) <= bytesMax) {
            return;
        }
        Files.copy(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
    }
}
