package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.Message.Role;
import io.godwit.migration.protocol.Message.Welcome;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.migration.protocol.Token;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The source's end of one pair of connections with the target of a guest that misses pages: on the first
/// somebody asks for pages and gets them, on the second all the others are sent. It ends with the first of:
/// everything is placed, a connection is lost, it is closed.
final class PageConnection implements AutoCloseable {
    private static final int REQUESTS = 0;
    private static final int STREAM = 1;

    private final GuestMemory memory;
    private final PostcopySource.Pacing pacing;
    private final LateTally tally;
    private final Consumer<String> whenLost;
    private final Link[] links = new Link[Limits.LATE_CONNECTIONS];
    private final List<Thread> workers = new ArrayList<>();

    // Under this object's lock.
    private final MissingMaps told;
    private @Nullable PagesToSend toSend;
    private final PageBitmap data;
    private int welcomed;
    private boolean placed;
    private boolean closed;
    private @Nullable String lost;

    private PageConnection(
            GuestMemory memory, PostcopySource.Pacing pacing, LateTally tally, Consumer<String> whenLost) {
        this.memory = memory;
        this.pacing = pacing;
        this.tally = tally;
        this.whenLost = whenLost;
        this.told = new MissingMaps(memory.pageCount());
        this.data = new PageBitmap(memory.pageCount());
    }

    /// Connects; both connections have been welcomed when this returns.
    static PageConnection open(
            PostcopySource.Place place,
            Transport transport,
            GuestMemory memory,
            PostcopySource.Pacing pacing,
            LateTally tally,
            Consumer<String> whenLost)
            throws IOException, InterruptedException {
        PageConnection connection = new PageConnection(memory, pacing, tally, whenLost);
        try {
            for (int number = 0; number < Limits.LATE_CONNECTIONS; number++) {
                connection.connect(place, transport, number);
            }
            connection.startWorkers();
            return connection;
        } catch (IOException | InterruptedException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void connect(PostcopySource.Place place, Transport transport, int number)
            throws IOException, InterruptedException {
        Link link = transport.connect(place.target(), place.targetHost(), new Ear());
        links[number] = link;
        if (number == REQUESTS) {
            link.startHeartbeats();
        }
        Token token = new Token(
                place.migration().getMostSignificantBits(), place.migration().getLeastSignificantBits());
        link.send(new Hello(ProtocolVersion.MIN, ProtocolVersion.MAX, Role.LATE, number, token));
        awaitWelcome(number + 1);
    }

    private synchronized void awaitWelcome(int count) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Limits.GREETING_MS);
        while (welcomed < count) {
            long left = deadline - System.nanoTime();
            if (lost != null || left <= 0) {
                throw new IOException(
                        lost != null ? lost : "The target did not welcome a connection for pages that come later");
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    private void startWorkers() {
        workers.add(Thread.ofVirtual().name("godwit-late-asked").start(this::sendUrgent));
        workers.add(Thread.ofVirtual().name("godwit-late-rest").start(this::sendRest));
    }

    /// The target says what it misses once the guest does not run here any more: what is a hole of its memory
    /// then stays one.
    private void begin(PageBitmap missing) throws HypervisorException {
        memory.dataPages(data);
        tally.missing(missing.cardinality());
        toSend = new PagesToSend(missing);
    }

    /// How it ended.
    sealed interface End {
        record Placed() implements End {}

        record Lost(String reason) implements End {}

        record Closed() implements End {}
    }

    synchronized End awaitEnd() throws InterruptedException {
        while (!ended()) {
            wait();
        }
        if (placed) {
            return new End.Placed();
        }
        String reason = lost;
        return reason != null ? new End.Lost(reason) : new End.Closed();
    }

    /// Whether the target has said what it misses.
    synchronized boolean serving() {
        return toSend != null;
    }

    private boolean ended() {
        return placed || closed || lost != null;
    }

    private void sendUrgent() {
        Link link = links[REQUESTS];
        try (LateEncoder encoder = new LateEncoder(memory, link.allocator())) {
            for (long page = nextUrgent(); page >= 0; page = nextUrgent()) {
                send(link, encode(encoder, page, 1));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            lose("A page could not be read: " + e);
        }
    }

    /// @return -1 at the end
    private synchronized long nextUrgent() throws InterruptedException {
        while (!ended()) {
            PagesToSend known = toSend;
            long left = known == null ? 0 : known.left();
            long page = known == null ? -1 : known.nextUrgent();
            if (known != null && page >= 0) {
                tally.served(left - known.left());
                return page;
            }
            wait();
        }
        return -1;
    }

    private void sendRest() {
        Link link = links[STREAM];
        try (LateEncoder encoder = new LateEncoder(memory, link.allocator())) {
            for (PagesToSend.Run run = nextRun(); run.pages() > 0; run = nextRun()) {
                ByteBuf frame = encode(encoder, run.firstPage(), run.pages());
                if (!awaitTurn(link, pacing.reserve(frame.readableBytes(), System.nanoTime()))) {
                    frame.release();
                    return;
                }
                send(link, frame);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            lose("Pages could not be read: " + e);
        }
    }

    private synchronized PagesToSend.Run nextRun() throws InterruptedException {
        while (!ended()) {
            PagesToSend known = toSend;
            if (known != null) {
                PagesToSend.Run run = known.nextRun(Limits.FRAME_PAGES_MAX, this::runEnd);
                if (run.pages() > 0) {
                    tally.served(run.pages());
                    return run;
                }
            }
            wait();
        }
        return PagesToSend.Run.NONE;
    }

    /// @return false if it ended meanwhile
    private synchronized boolean awaitTurn(Link link, long pauseNanos) throws InterruptedException {
        long until = System.nanoTime() + pauseNanos;
        while (!ended()) {
            long left = until - System.nanoTime();
            if (left <= 0 && link.writable()) {
                return true;
            }
            if (left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 100_000));
            } else {
                wait();
            }
        }
        return false;
    }

    private void send(Link link, ByteBuf frame) {
        tally.sent(frame.readableBytes());
        link.send(frame);
    }

    /// @param pages either all holes or none
    private ByteBuf encode(LateEncoder encoder, long firstPage, int pages) {
        boolean hole;
        synchronized (this) {
            hole = !data.get(firstPage);
        }
        return hole ? encoder.encodeZeros(firstPage, pages) : encoder.encode(firstPage, pages);
    }

    /// Where a run that begins with this page must end: with its region, and where holes begin or end.
    private long runEnd(long page) {
        long boundary = data.get(page) ? data.nextClear(page) : data.nextSet(page);
        return boundary < 0 ? regionEnd(page) : Math.min(boundary, regionEnd(page));
    }

    private long regionEnd(long page) {
        for (GuestMemory.Region region : memory.regions()) {
            long end = region.firstPage() + region.pageCount();
            if (page < end) {
                return end;
            }
        }
        throw new IndexOutOfBoundsException("A page lies outside the guest's RAM: " + page);
    }

    private void lose(String reason) {
        synchronized (this) {
            if (ended()) {
                return;
            }
            lost = reason;
            notifyAll();
        }
        whenLost.accept(reason);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        for (Link link : links) {
            if (link != null) {
                link.close();
            }
        }
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Hears what the target says, on either connection.
    private final class Ear implements Receiver {
        private boolean greeted;

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            Message message = MessageCodec.decode(type, payload);
            synchronized (PageConnection.this) {
                if (!greeted && message instanceof Welcome) {
                    greeted = true;
                    welcomed++;
                } else if (message instanceof Postcopy said) {
                    heard(said);
                } else if (!(message instanceof Message.Heartbeat)) {
                    throw new ProtocolException("The target sent what does not belong here: " + type);
                }
                PageConnection.this.notifyAll();
            }
        }

        @Override
        public void writabilityChanged(Link link) {
            synchronized (PageConnection.this) {
                PageConnection.this.notifyAll();
            }
        }

        @Override
        public void lost(Link link, String reason) {
            lose(reason);
        }
    }

    private void heard(Postcopy message) throws IOException {
        switch (message) {
            case Postcopy.MissingMap part -> {
                if (toSend != null) {
                    throw new ProtocolException("The target said twice which pages it misses");
                }
                if (told.add(part)) {
                    begin(told.map());
                }
            }
            case Postcopy.PageRequest request -> {
                PagesToSend known = toSend;
                if (known == null) {
                    throw new ProtocolException("The target asked for pages before it was known which it misses");
                }
                for (long page : request.pages()) {
                    known.request(page);
                    tally.asked(page);
                }
            }
            case Postcopy.AllPlaced _ -> placed = true;
            case Postcopy.Begin _, Postcopy.Ready _, Postcopy.PagesLost _ ->
                throw new ProtocolException("The target sent out of place: " + message.type());
        }
    }
}
