package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// The connection to one QEMU for as long as both live: it is made again when it breaks, and its end for good is
/// the end of the process. Safe for use by several threads.
final class QmpLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpLink.class);
    private static final Duration RETRY_MIN = Duration.ofMillis(50);
    private static final Duration RETRY_MAX = Duration.ofSeconds(5);
    private static final Duration EXIT_GRACE = Duration.ofMillis(500);

    private final GuestFolder folder;
    private final LinuxProcess process;
    private final Duration commandTimeout;
    private final Watcher watcher;
    private volatile QmpClient client;
    private volatile boolean closed;

    /// Hears what the guest's QEMU does. [#event] must not block; the others run on a thread of their own.
    interface Watcher {
        void event(QmpEvent event);

        /// The connection was lost and made again; events may have been missed.
        void reconnected(QmpLink link);

        /// The connection was lost; commands under way have failed. Followed by one of the other two, unless the
        /// link is closed.
        void lost();

        /// The process has ended.
        void ended();
    }

    private QmpLink(GuestFolder folder, LinuxProcess process, Duration commandTimeout, Watcher watcher, Bridge bridge)
            throws HypervisorException {
        this.folder = folder;
        this.process = process;
        this.commandTimeout = commandTimeout;
        this.watcher = watcher;
        this.client = QmpClient.connect(folder.qmpSocket(), commandTimeout, bridge);
    }

    /// Connects to a QEMU that serves its control socket. On failure nothing stays open.
    static QmpLink open(GuestFolder folder, LinuxProcess process, Duration commandTimeout, Watcher watcher)
            throws HypervisorException {
        Bridge bridge = new Bridge(watcher::event);
        QmpLink link = new QmpLink(folder, process, commandTimeout, watcher, bridge);
        bridge.start(link);
        return link;
    }

    JsonNode execute(String command, Map<String, ?> arguments, Duration timeout) throws HypervisorException {
        try {
            return client.execute(command, arguments, timeout);
        } catch (HypervisorException e) {
            throw process.isAlive()
                    ? e
                    : new HypervisorException(
                            "The guest's QEMU has ended: " + folder.guest() + ": " + e.getMessage(), e);
        }
    }

    JsonNode execute(String command, Map<String, ?> arguments) throws HypervisorException {
        return execute(command, arguments, commandTimeout);
    }

    JsonNode execute(String command) throws HypervisorException {
        return execute(command, Map.of());
    }

    LinuxProcess process() {
        return process;
    }

    @Override
    public void close() {
        closed = true;
        client.close();
    }

    /// Runs when a connection is over.
    private void recover() {
        try {
            if (closed) {
                return;
            }
            watcher.lost();
            Duration wait = RETRY_MIN;
            // The socket closes a little before the process is gone.
            boolean ended = QemuProcess.awaitEnd(process, EXIT_GRACE);
            while (!closed && !ended) {
                if (reconnect()) {
                    watcher.reconnected(this);
                    return;
                }
                ended = QemuProcess.awaitEnd(process, wait);
                wait = wait.multipliedBy(2).compareTo(RETRY_MAX) < 0 ? wait.multipliedBy(2) : RETRY_MAX;
            }
            if (ended) {
                watcher.ended();
            }
        } catch (HypervisorException e) {
            LOG.error("Guest {} is not watched any more", folder.guest(), e);
        }
    }

    private boolean reconnect() {
        Bridge bridge = new Bridge(watcher::event);
        try {
            QmpClient fresh = QmpClient.connect(folder.qmpSocket(), commandTimeout, bridge);
            client = fresh;
            bridge.start(this);
            if (closed) {
                fresh.close();
            }
            return true;
        } catch (HypervisorException e) {
            LOG.debug("Guest {}: no connection to its QEMU yet", folder.guest(), e);
            return false;
        }
    }

    /// One client's listener. A client that never got as far as a connection must not be replaced by another one,
    /// hence the start.
    private static final class Bridge implements QmpListener {
        private final Consumer<QmpEvent> events;
        private @Nullable QmpLink link;
        private boolean over;

        Bridge(Consumer<QmpEvent> events) {
            this.events = events;
        }

        @Override
        public void event(QmpEvent event) {
            events.accept(event);
        }

        @Override
        public void closed() {
            QmpLink started;
            synchronized (this) {
                over = true;
                started = link;
            }
            if (started != null) {
                recoverOf(started);
            }
        }

        void start(QmpLink started) {
            boolean already;
            synchronized (this) {
                link = started;
                already = over;
            }
            if (already) {
                recoverOf(started);
            }
        }

        private static void recoverOf(QmpLink link) {
            Thread.ofVirtual().name("godwit-qemu-watch-" + link.folder.guest()).start(link::recover);
        }
    }
}
