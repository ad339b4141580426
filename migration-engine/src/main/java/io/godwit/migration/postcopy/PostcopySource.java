package io.godwit.migration.postcopy;

import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.SwitchoverGate.Verdict;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.GuestMemory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The source of a guest that runs elsewhere with pages missing: serves them until the target has said that
/// it misses none, over as many connections as that takes. The guest here must not run, and its memory must
/// not go, before [#serve] has returned [End#PLACED] or [End#NOT_OWED].
public final class PostcopySource implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PostcopySource.class);

    private final Place place;
    private final GuestMemory memory;
    private final Transport transport;
    private final Pacing pacing;
    private final LongSupplier nanoClock;
    private final Consumer<String> whenLost;
    private final LateTally tally;
    private volatile @Nullable PageConnection connection;
    private volatile boolean offered;
    private boolean lettingGo;
    private @Nullable CompletableFuture<Boolean> asking;

    /// Where the guest went.
    public record Place(UUID migration, String targetHost, InetSocketAddress target) {}

    /// Keeps to the migration's bandwidth: books bytes and says how many nanoseconds to wait before sending
    /// them.
    @FunctionalInterface
    public interface Pacing {
        long reserve(long bytes, long nowNanos);
    }

    /// Whether the guest still needs the pages: asked of the record. May take as long as it takes.
    @FunctionalInterface
    public interface StillOwed {
        boolean ask() throws InterruptedException;
    }

    public enum End {
        /// The target has every page.
        PLACED,
        /// The record says that the guest which needed the pages is no more.
        NOT_OWED,
        /// This agent stops. The pages are still owed.
        LET_GO
    }

    /// @param sent     told of all bytes that are sent
    /// @param whenLost told each time a connection is lost
    public PostcopySource(
            Place place,
            GuestMemory memory,
            Transport transport,
            Pacing pacing,
            LongSupplier nanoClock,
            LongConsumer sent,
            Consumer<String> whenLost) {
        this.tally = new LateTally(memory.pageCount(), sent);
        this.place = place;
        this.memory = memory;
        this.transport = transport;
        this.pacing = pacing;
        this.nanoClock = nanoClock;
        this.whenLost = whenLost;
    }

    /// Connects with a target that makes ready, before the switchover.
    public void connect() throws IOException, InterruptedException {
        connection = open();
    }

    /// The guest is paused, and the target is being told what it misses: when it is ready it asks for that.
    ///
    /// @param pages how many it misses
    public void offer(long pages) {
        tally.missing(pages);
        offered = true;
    }

    /// Whether the target may know by now that pages are missing.
    public boolean offered() {
        return offered;
    }

    /// Pages that were missing at the switchover.
    public long pages() {
        return tally.pages();
    }

    /// Of these, the ones that somebody at the target has waited for.
    public long pagesAsked() {
        return tally.pagesAsked();
    }

    /// Pages that were not sent yet, as far as it is known here.
    public long pagesLeft() {
        return tally.pagesLeft();
    }

    /// Serves until nothing is owed any more. A target that cannot be reached is tried for ever, unless the
    /// record says that its guest is no more.
    public End serve(StillOwed owed) {
        long waitMs = Limits.RECONNECT_MS;
        long askedNanos = nanoClock.getAsLong();
        try {
            if (connection == null) {
                reconnect();
            }
            while (true) {
                PageConnection open = connection;
                String reason = "there is no connection";
                if (open != null) {
                    PageConnection.End end = open.awaitEnd();
                    if (open.serving()) {
                        waitMs = Limits.RECONNECT_MS;
                        askedNanos = nanoClock.getAsLong();
                    }
                    open.close();
                    connection = null;
                    switch (end) {
                        case PageConnection.End.Placed _ -> {
                            return End.PLACED;
                        }
                        case PageConnection.End.Lost lost -> reason = lost.reason();
                        case PageConnection.End.Closed _ -> {}
                    }
                }
                if (pause(waitMs)) {
                    return End.LET_GO;
                }
                boolean ask = nanoClock.getAsLong() - askedNanos >= TimeUnit.MILLISECONDS.toNanos(Limits.STILL_OWED_MS);
                if (ask) {
                    askedNanos = nanoClock.getAsLong();
                    if (!stillOwed(owed)) {
                        return End.NOT_OWED;
                    }
                }
                log.warn("{} needs pages that are here, and cannot be reached: {}", place.targetHost(), reason);
                waitMs = Math.min(waitMs * 2, Limits.RECONNECT_MS_MAX);
                reconnect();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return End.LET_GO;
        }
    }

    private void reconnect() throws InterruptedException {
        try {
            PageConnection next = open();
            synchronized (this) {
                if (!lettingGo) {
                    connection = next;
                    return;
                }
            }
            next.close();
        } catch (IOException | RuntimeException e) {
            // Whatever it is: the pages are still owed, and the next attempt may do better.
            log.debug("No connection with {}", place.targetHost(), e);
        }
    }

    /// @return true if this is to let go
    private synchronized boolean pause(long waitMs) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        while (!lettingGo) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /// Asks the record without waiting for it: where it cannot be read the pages may well be owed.
    private boolean stillOwed(StillOwed owed) {
        CompletableFuture<Boolean> question = asking;
        if (question == null) {
            CompletableFuture<Boolean> fresh = new CompletableFuture<>();
            asking = fresh;
            Thread.ofVirtual().name("godwit-still-owed").start(() -> {
                try {
                    fresh.complete(owed.ask());
                } catch (InterruptedException | RuntimeException e) {
                    log.warn("Whether pages are still owed to {} is not known", place.targetHost(), e);
                    fresh.complete(true);
                }
            });
            return true;
        }
        if (question.isDone()) {
            asking = null;
        }
        return question.getNow(true);
    }

    /// The guest needs the pages as long as it is the target's in the epoch in which it got there with pages
    /// missing: in a later one it was started afresh or came from elsewhere, and what is here is not its
    /// memory.
    public static StillOwed askRecord(SwitchoverGate gate, String targetHost, long epoch) {
        return () -> switch (gate.takeBack()) {
            case Verdict.RunElsewhere elsewhere -> elsewhere.host().equals(targetHost) && elsewhere.epoch() == epoch;
            case Verdict.RunHere _ -> false;
        };
    }

    /// Tells the target that the pages do not exist any more.
    ///
    /// @throws IOException if it could not be told: to be tried again
    public static void confess(Place place, Transport transport, String reason)
            throws IOException, InterruptedException {
        Confession.make(place, transport, reason);
    }

    private PageConnection open() throws IOException, InterruptedException {
        return PageConnection.open(place, transport, memory, pacing, tally, whenLost);
    }

    /// Ends [#serve] with the pages still owed: the agent stops.
    public void letGo() {
        synchronized (this) {
            lettingGo = true;
            notifyAll();
        }
        PageConnection open = connection;
        if (open != null) {
            open.close();
        }
    }

    /// Ends all connections. Whoever still serves is told as by [#letGo].
    @Override
    public void close() {
        letGo();
    }
}
