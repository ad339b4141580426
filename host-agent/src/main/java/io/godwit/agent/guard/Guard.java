package io.godwit.agent.guard;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LockedMemory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The guard of one host: a small process that pauses and then kills guests whose deadlines have passed. One
/// thread, no waiting for anyone. It outlives the agent, and ends by itself once there are neither guests nor
/// an agent.
public final class Guard {
    /// A suspended machine wakes its sleepers late, for they sleep on a clock that stood still.
    private static final long NAP_NS_MAX = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long SWEEP_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long IDLE_NS_MAX = TimeUnit.SECONDS.toNanos(10);
    private static final long OVERDUE_NS_MAX = TimeUnit.SECONDS.toNanos(5);

    private final Sentry sentry = new Sentry(Guard::log);
    private final Selector selector;
    private final ServerSocketChannel server;
    private final Watchdog watchdog;
    private long sweptAtNs = System.nanoTime();
    private long busyAtNs = System.nanoTime();

    private Guard(Selector selector, ServerSocketChannel server, Watchdog watchdog) {
        this.selector = selector;
        this.server = server;
        this.watchdog = watchdog;
    }

    /// @param arguments the directory in which its lock and its socket stand, and the watchdog if there is one
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("The agent starts this by itself.");
            System.exit(2);
        }
        GuardPlace place = new GuardPlace(Path.of(arguments[0]), arguments.length > 1 ? arguments[1] : "");
        try (GuardPlace.Taken _ = place.take()) {
            warmUp();
            watch(place);
        }
    }

    private static void watch(GuardPlace place) throws IOException {
        try (Watchdog watchdog = Watchdog.open(place.watchdog());
                Selector selector = Selector.open();
                ServerSocketChannel server = listen(place.socket(), selector)) {
            log("up, process " + ProcessHandle.current().pid()
                    + (place.watchdog().isEmpty() ? "" : ", keeps " + place.watchdog() + " quiet"));
            new Guard(selector, server, watchdog).run();
            Files.deleteIfExists(place.socket());
            watchdog.disarm();
            log("neither guests nor an agent: ends");
        } catch (IOException e) {
            // The watchdog, if there is one, is left armed: guests may be running without a guard.
            log("cannot go on: " + e.getMessage());
            throw e;
        }
    }

    private static ServerSocketChannel listen(Path socket, Selector selector) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        return server;
    }

    // What is done at a deadline must not be done for the first time then: classes would be loaded from a disk
    // that may be as slow as whatever keeps the agent from feeding.
    private static void warmUp() throws HypervisorException {
        LinuxProcess self = LinuxProcess.find(ProcessHandle.current().pid()).orElseThrow();
        Sentry rehearsal = new Sentry(line -> log("rehearsal: " + line));
        rehearsal.cap(Long.MAX_VALUE, Long.MAX_VALUE, List.of(new GuardedProcess("guard", self)));
        rehearsal.feed(Long.MAX_VALUE, Long.MAX_VALUE, List.of(new GuardedProcess("guard", self)));
        rehearsal.sweep();
        try {
            LockedMemory.lock();
        } catch (HypervisorException e) {
            log(e.getMessage() + "; goes on without");
        }
    }

    private void run() throws IOException {
        while (!isIdle()) {
            sentry.act();
            long nowNs = System.nanoTime();
            if (nowNs - sweptAtNs > SWEEP_NS) {
                sentry.sweep();
                keepQuiet();
                sweptAtNs = nowNs;
            }
            long napMs = (sentry.quietNs(NAP_NS_MAX) + 999_999) / 1_000_000;
            selector.select(Math.max(1, napMs));
            selector.selectedKeys().forEach(this::serve);
            selector.selectedKeys().clear();
        }
    }

    // A guest that survives its end can write: then only the host's own end is left, and the watchdog brings it.
    private void keepQuiet() throws IOException {
        long overdueNs = sentry.overdueNs();
        if (overdueNs < OVERDUE_NS_MAX) {
            watchdog.pet();
        } else {
            log("a guest has outlived its second deadline by " + TimeUnit.NANOSECONDS.toMillis(overdueNs)
                    + " ms: the watchdog, if there is one, is not kept quiet any more");
        }
    }

    private boolean isIdle() {
        long nowNs = System.nanoTime();
        // The server's own key is always there.
        if (selector.keys().size() > 1 || !sentry.held().isEmpty()) {
            busyAtNs = nowNs;
        }
        return nowNs - busyAtNs > IDLE_NS_MAX;
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else if (key.attachment() instanceof LineChannel lines) {
                hear(lines);
            }
        } catch (IOException e) {
            key.cancel();
            log("the agent has gone, " + e.getMessage() + "; " + sentry.held().size() + " guests keep their deadlines");
            if (key.attachment() instanceof LineChannel lines) {
                close(lines);
            }
        }
    }

    private void accept() throws IOException {
        SocketChannel channel = server.accept();
        if (channel == null) {
            return;
        }
        channel.configureBlocking(false);
        LineChannel lines = new LineChannel(channel);
        try {
            lines.write(GuardWire.hello(watchdog.path()));
            lines.write(GuardWire.holds(sentry.held()));
            channel.register(selector, SelectionKey.OP_READ, lines);
        } catch (IOException e) {
            close(lines);
            log("an agent came and went, " + e.getMessage());
        }
    }

    private void hear(LineChannel lines) throws IOException {
        for (String line : lines.read()) {
            GuardWire.Feed feed = GuardWire.feed(line);
            if (feed.cap()) {
                sentry.cap(feed.pauseAtNs(), feed.killAtNs(), feed.processes());
            } else {
                sentry.feed(feed.pauseAtNs(), feed.killAtNs(), feed.processes());
            }
            lines.write(GuardWire.ack(feed.number()));
        }
    }

    private static void close(LineChannel lines) {
        try {
            lines.close();
        } catch (IOException e) {
            log("a connection could not be closed, " + e.getMessage());
        }
    }

    // The agent directs this to a file. A logging framework would be the largest part of this process.
    @SuppressWarnings("SystemOut")
    private static void log(String line) {
        System.out.println(Instant.now() + " guard: " + line);
    }
}
