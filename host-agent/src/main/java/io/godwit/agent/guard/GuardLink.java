package io.godwit.agent.guard;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The agent's end of the line to the guard. It finds the guard that is there, or starts one; one that dies,
/// does not answer, or speaks another version is replaced. Closing leaves the guard at work.
final class GuardLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuardLink.class);
    /// A guard that takes longer than this to answer is taken for frozen.
    static final long ANSWER_NS_MAX = TimeUnit.SECONDS.toNanos(2);
    private static final long START_NS_MAX = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_MS = 20;
    private static final long RETRY_MS = 100;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final GuardPlace place;
    private final Consumer<List<GuardedProcess>> attached;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("godwit-guard-link").unstarted(this::run);
    private final CountDownLatch closed = new CountDownLatch(1);

    private @Nullable LineChannel lines;
    private long number;
    private long acked;
    private long waitingSinceNs;
    private boolean greeted;
    private int starts;

    /// @param attached told what the guard holds, each time there is a guard again, on this link's own thread
    GuardLink(GuardPlace place, Consumer<List<GuardedProcess>> attached) {
        this.place = place;
        this.attached = attached;
    }

    void open() {
        thread.start();
    }

    synchronized boolean up() {
        return greeted;
    }

    /// Guards that were started here.
    synchronized int starts() {
        return starts;
    }

    /// Hands the guard new deadlines, and waits for nobody.
    ///
    /// @return the number to [#awaitAck]; 0 if there is no guard at the moment
    long feed(long pauseAtNs, long killAtNs, List<GuardedProcess> processes) {
        return tell(false, pauseAtNs, killAtNs, processes);
    }

    /// As [#feed], but only shortens what the processes were given before.
    long cap(long pauseAtNs, long killAtNs, List<GuardedProcess> processes) {
        return tell(true, pauseAtNs, killAtNs, processes);
    }

    private synchronized long tell(boolean cap, long pauseAtNs, long killAtNs, List<GuardedProcess> processes) {
        LineChannel to = lines;
        if (to == null || !greeted) {
            return 0;
        }
        try {
            if (acked == number) {
                waitingSinceNs = System.nanoTime();
            }
            to.write(new GuardWire.Feed(cap, ++number, pauseAtNs, killAtNs, processes).line());
            return number;
        } catch (IOException e) {
            // The link's own thread sees the same at once, or the missing answer soon.
            LOG.warn("The guard could not be fed: {}", e.getMessage());
            return 0;
        }
    }

    /// @return whether the guard has carried the feed out within the time
    synchronized boolean awaitAck(long feed, long timeoutNs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutNs;
        while (feed > 0 && acked < feed && greeted) {
            long leftNs = deadlineNs - System.nanoTime();
            if (leftNs <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, leftNs);
        }
        return feed > 0 && acked >= feed;
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(CLOSE_WAIT)) {
                LOG.warn("The link to the guard did not close in time, {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            do {
                try {
                    attach();
                } catch (IOException e) {
                    LOG.error("There is no guard at the moment: {}", e.getMessage());
                }
            } while (!closed.await(RETRY_MS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            LOG.debug("The link to the guard was closed");
        }
    }

    /// Returns, or throws, when the guard is lost.
    private void attach() throws IOException, InterruptedException {
        Optional<SocketChannel> present = connect();
        if (present.isEmpty()) {
            // Whoever holds the lock but cannot be reached would keep a new guard from starting.
            place.kill();
            present = start();
        }
        try (SocketChannel channel =
                        present.orElseThrow(() -> new IOException("None could be started; see " + place.log()));
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            LineChannel talk = new LineChannel(channel);
            begin(talk);
            serve(talk, selector);
        } catch (UnansweredException e) {
            LOG.error("The guard is replaced: {}", e.getMessage());
            place.kill();
        } finally {
            lost();
        }
    }

    private Optional<SocketChannel> connect() {
        try {
            return Optional.of(SocketChannel.open(UnixDomainSocketAddress.of(place.socket())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Optional<SocketChannel> start() throws IOException, InterruptedException {
        Process process = place.start();
        synchronized (this) {
            starts++;
        }
        long deadlineNs = System.nanoTime() + START_NS_MAX;
        while (System.nanoTime() < deadlineNs && process.isAlive()) {
            Optional<SocketChannel> channel = connect();
            if (channel.isPresent()) {
                LOG.info("Guard started, process {}", process.pid());
                return channel;
            }
            if (closed.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                break;
            }
        }
        return Optional.empty();
    }

    private synchronized void begin(LineChannel channel) {
        lines = channel;
        greeted = false;
        number = 0;
        acked = 0;
        waitingSinceNs = System.nanoTime();
    }

    private synchronized void lost() {
        if (greeted) {
            LOG.error("The guard is lost");
        }
        lines = null;
        greeted = false;
        notifyAll();
    }

    private void serve(LineChannel channel, Selector selector) throws IOException, UnansweredException {
        while (closed.getCount() > 0) {
            selector.select(LOOK_MS);
            selector.selectedKeys().clear();
            for (String line : channel.read()) {
                hear(line);
            }
            checkAnswers();
        }
    }

    private void hear(String line) throws IOException, UnansweredException {
        if (line.startsWith("guard ")) {
            if (!line.equals(GuardWire.hello(place.watchdog()))) {
                throw new UnansweredException("it speaks another version, or has another watchdog: " + line);
            }
            return;
        }
        Optional<List<GuardedProcess>> held = GuardWire.held(line);
        if (held.isPresent()) {
            synchronized (this) {
                greeted = true;
            }
            attached.accept(held.get());
            return;
        }
        synchronized (this) {
            acked = GuardWire.acked(line);
            waitingSinceNs = System.nanoTime();
            notifyAll();
        }
    }

    private synchronized void checkAnswers() throws UnansweredException {
        boolean waiting = !greeted || acked < number;
        if (waiting && System.nanoTime() - waitingSinceNs > ANSWER_NS_MAX) {
            throw new UnansweredException("it does not answer");
        }
    }

    /// The guard is there but of no use.
    private static final class UnansweredException extends Exception {
        private static final long serialVersionUID = 1;

        UnansweredException(String message) {
            super(message);
        }
    }
}
