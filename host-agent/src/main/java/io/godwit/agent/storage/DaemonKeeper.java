package io.godwit.agent.storage;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sees to it that there is a storage daemon: takes hold of the one there is, starts one where there is none, and
/// does so again when it is lost.
final class DaemonKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonKeeper.class);
    private static final Duration WAIT_MIN = Duration.ofMillis(200);
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(2);
    private static final Duration LINK_TIMEOUT = Duration.ofMinutes(2);

    private final ImageServer.Daemons daemons;
    private final FenceLoop loop;
    private final Thread thread;
    private volatile boolean closed;

    private DaemonKeeper(ImageServer.Daemons daemons, FenceLoop loop) {
        this.daemons = daemons;
        this.loop = loop;
        this.thread = Thread.ofVirtual().name("godwit-storage-keeper").unstarted(this::run);
    }

    static DaemonKeeper start(ImageServer.Daemons daemons, FenceLoop loop) {
        DaemonKeeper keeper = new DaemonKeeper(daemons, loop);
        keeper.thread.start();
        return keeper;
    }

    private void run() {
        Duration wait = WAIT_MIN;
        try {
            while (!closed) {
                try {
                    StorageDaemon daemon = daemons.open();
                    loop.linked(daemon).get(LINK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
                    wait = WAIT_MIN;
                    watch(daemon);
                } catch (HypervisorException | ExecutionException | TimeoutException e) {
                    if (closed) {
                        return;
                    }
                    LOG.error("Images cannot be served: {}", e.getMessage());
                    Thread.sleep(wait);
                    wait = wait.multipliedBy(2).compareTo(WAIT_MAX) < 0 ? wait.multipliedBy(2) : WAIT_MAX;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch(StorageDaemon daemon) throws InterruptedException {
        while (!closed) {
            try {
                daemon.lost().get(LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
                LOG.warn("The storage daemon, process {}, is lost", daemon.pid());
                loop.lost(daemon, "it has ended, or closed its control connection");
                return;
            } catch (TimeoutException _) {
                loop.retry();
            } catch (ExecutionException | CancellationException | CompletionException e) {
                loop.lost(daemon, String.valueOf(e.getMessage()));
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
