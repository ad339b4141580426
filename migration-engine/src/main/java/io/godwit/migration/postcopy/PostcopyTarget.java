package io.godwit.migration.postcopy;

import io.godwit.migration.WaitingGuest;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A guest at its target that runs, or is about to, with pages missing. Asks the source for what somebody
/// waits for, and places what comes.
///
/// A lost connection changes nothing but that who needs a missing page stands still: the source connects
/// again, is told what is still missing, and goes on. Pages are placed by the kernel only where they are
/// missing, so one that comes twice, or late, harms nothing.
public final class PostcopyTarget implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PostcopyTarget.class);

    private final UUID migration;
    private final String sourceHost;
    private final WaitingGuest guest;
    private final GuestMemory memory;
    private final MissingPages pages;
    private final MissingMaps told;
    private final Duration patience;
    private final Consumer<String> whenLost;
    private final LongSupplier nanoClock;

    // Under this object's lock.
    private @Nullable MissingLedger ledger;
    private @Nullable End end;
    private final @Nullable Link[] links = new Link[Limits.LATE_CONNECTIONS];
    private final List<LateDecoder> decoders = new ArrayList<>();
    private @Nullable Thread faults;
    private long unreachedSinceNanos;

    /// How it ended.
    public sealed interface End {
        /// No page is missing any more.
        record Placed() implements End {}

        /// The guest ended first.
        record Gone() implements End {}

        /// The source does not have the pages any more, or was out of reach for too long. The guest must be
        /// destroyed: it can never run on.
        record Lost(String reason) implements End {}

        /// This agent stops, or the guest is discarded. Pages are still missing.
        record LetGo() implements End {}
    }

    private PostcopyTarget(
            UUID migration,
            String sourceHost,
            WaitingGuest guest,
            MissingPages pages,
            Duration patience,
            Consumer<String> whenLost,
            LongSupplier nanoClock) {
        this.migration = migration;
        this.sourceHost = sourceHost;
        this.guest = guest;
        this.memory = guest.memory();
        this.pages = pages;
        this.told = new MissingMaps(memory.pageCount());
        this.patience = patience;
        this.whenLost = whenLost;
        this.nanoClock = nanoClock;
        this.unreachedSinceNanos = nanoClock.getAsLong();
    }

    /// Makes an incoming guest ready to run with pages missing.
    ///
    /// @param patience how long a source may be out of reach before the guest is lost
    /// @param whenLost told each time a connection is lost
    /// @throws HypervisorException if that guest cannot; it is as it was
    public static PostcopyTarget prepare(
            UUID migration,
            String sourceHost,
            WaitingGuest guest,
            Duration patience,
            Consumer<String> whenLost,
            LongSupplier nanoClock)
            throws HypervisorException {
        return new PostcopyTarget(migration, sourceHost, guest, guest.missingPages(), patience, whenLost, nanoClock);
    }

    /// Takes charge of a guest that runs with pages missing since before this agent started. Every hole of
    /// its memory is asked for: one that was never more than a page of zeros is that at the source too.
    public static PostcopyTarget adopt(
            UUID migration, String sourceHost, WaitingGuest guest, Duration patience, LongSupplier nanoClock)
            throws HypervisorException {
        PostcopyTarget target = prepare(migration, sourceHost, guest, patience, _ -> {}, nanoClock);
        target.start(new MissingLedger(MissingMaps.holes(guest.memory())));
        return target;
    }

    public UUID migration() {
        return migration;
    }

    /// The source tells what will be missing.
    public void tell(Postcopy.MissingMap part) throws ProtocolException {
        told.add(part);
    }

    /// Everything else has arrived, and nobody writes to the memory any more but by placing pages: drops what
    /// is there of pages that are missing, for it is old, and begins to ask for those that somebody waits
    /// for.
    public void begin() throws IOException {
        if (!told.complete()) {
            throw new ProtocolException("The source did not say which pages are missing");
        }
        StalePages.drop(memory, told.map());
        start(new MissingLedger(told.map()));
    }

    private synchronized void start(MissingLedger known) {
        ledger = known;
        Link link = links[0];
        if (link != null) {
            sayWhatIsMissing(link);
        }
        // A native wait would pin a virtual thread's carrier.
        faults = Thread.ofPlatform()
                .daemon()
                .name("godwit-faults-" + guest.name())
                .start(new FaultWatch(guest.name(), pages, patience, nanoClock, new Asking())::run);
    }

    /// A connection of the source; the former one with this number, if there is one, is of no further use.
    ///
    /// @throws ProtocolException if it is not the source's, or comes too late
    public Receiver join(Link link, int connection) throws ProtocolException {
        boolean proven = link.peerNames()
                .map(names -> names.contains(sourceHost.toLowerCase(Locale.ROOT)))
                .orElse(true);
        if (!proven) {
            throw new ProtocolException("The certificate of a connection for late pages is not " + sourceHost + "'s");
        }
        synchronized (this) {
            if (connection >= links.length) {
                throw new ProtocolException("A connection for late pages has an unknown number: " + connection);
            }
            if (end != null) {
                throw new ProtocolException("Nothing is missing any more, or nobody waits for it");
            }
            Link former = links[connection];
            links[connection] = link;
            if (former != null) {
                former.close();
            }
            LateDecoder decoder = new LateDecoder(memory.regions());
            decoders.add(decoder);
            if (connection == 0) {
                link.startHeartbeats();
                sayWhatIsMissing(link);
            }
            return new Arriving(link, connection, decoder);
        }
    }

    /// The first word on each connection: nothing is sent before it, as nothing could be placed.
    private void sayWhatIsMissing(Link link) {
        MissingLedger known = ledger;
        if (known == null) {
            return;
        }
        MissingMaps.parts(known.missing()).forEach(link::send);
        ask(link, known.outstanding());
    }

    private static void ask(Link link, List<Long> wanted) {
        for (int from = 0; from < wanted.size(); from += Limits.PAGE_REQUESTS_MAX) {
            List<Long> some = wanted.subList(from, Math.min(from + Limits.PAGE_REQUESTS_MAX, wanted.size()));
            link.send(new Postcopy.PageRequest(
                    some.stream().mapToLong(Long::longValue).toArray()));
        }
    }

    private synchronized boolean going() {
        if (end != null) {
            return false;
        }
        if (guest.gone()) {
            endWith(new End.Gone());
            return false;
        }
        MissingLedger known = ledger;
        if (known != null && known.left() > 0 && outOfReach().compareTo(patience) > 0) {
            endWith(new End.Lost(sourceHost + ", which alone has " + known.left()
                    + " of its pages, could not be reached" + " for " + patience.toSeconds() + " s"));
            return false;
        }
        return known == null || known.left() > 0;
    }

    /// For how long the source has not been connected; nothing if it is.
    private Duration outOfReach() {
        return links[0] != null ? Duration.ZERO : Duration.ofNanos(nanoClock.getAsLong() - unreachedSinceNanos);
    }

    /// Waits for the end, and draws the last conclusion: where nothing is missing any more, the guest's
    /// memory is like any other's when this returns. The source is told by [#farewell].
    public End awaitEnd() throws InterruptedException {
        Thread serving = faults;
        if (serving != null) {
            serving.join();
        }
        boolean complete;
        synchronized (this) {
            MissingLedger known = ledger;
            complete = end == null && known != null && known.left() == 0;
        }
        if (complete) {
            endWith(Completion.of(guest, pages));
        }
        synchronized (this) {
            return Objects.requireNonNullElse(end, new End.LetGo());
        }
    }

    /// Tells the source that nothing is missing any more. Should it not hear it, it asks again: see
    /// [PostcopyArrivals].
    public synchronized void farewell() {
        Link link = links[0];
        if (link != null) {
            link.send(new Postcopy.AllPlaced());
        }
        for (Link open : links) {
            if (open != null) {
                open.closeSoon();
            }
        }
    }

    private synchronized void endWith(End how) {
        if (end == null) {
            end = how;
            notifyAll();
        }
    }

    /// How many pages are missing.
    public synchronized long pagesLeft() {
        MissingLedger known = ledger;
        return known == null ? 0 : known.left();
    }

    /// Places no more pages. What is missing stays missing, and who needs it waits, in this agent's next life
    /// too. When it returns nobody touches the guest's memory here.
    @Override
    public void close() {
        synchronized (this) {
            endWith(new End.LetGo());
            for (Link link : links) {
                if (link != null) {
                    link.close();
                }
            }
        }
        release();
    }

    /// As [#close], but leaves the connections open for a last word. To be called once it has ended.
    public void release() {
        List<LateDecoder> open;
        synchronized (this) {
            open = List.copyOf(decoders);
        }
        // Waits for a frame being placed, so not under the lock that placing takes.
        open.forEach(LateDecoder::close);
        pages.close();
    }

    private final class Asking implements FaultWatch.Side {
        @Override
        public boolean going() {
            return PostcopyTarget.this.going();
        }

        @Override
        public boolean ended() {
            synchronized (PostcopyTarget.this) {
                return end != null;
            }
        }

        @Override
        public void answer(long[] faulted, int count) throws HypervisorException {
            List<Long> wanted = new ArrayList<>();
            List<Long> zeros = new ArrayList<>();
            synchronized (PostcopyTarget.this) {
                MissingLedger known = Objects.requireNonNull(ledger);
                for (int i = 0; i < count; i++) {
                    switch (known.fault(faulted[i])) {
                        case ASK -> wanted.add(faulted[i]);
                        case ZERO -> zeros.add(faulted[i]);
                        case WAIT -> {}
                    }
                }
                Link link = links[0];
                if (link != null) {
                    ask(link, wanted);
                }
            }
            for (long page : zeros) {
                pages.placeZeros(page, 1);
            }
        }

        @Override
        public void askAgain() {
            synchronized (PostcopyTarget.this) {
                Link link = links[0];
                if (link != null) {
                    ask(link, Objects.requireNonNull(ledger).outstanding());
                }
            }
        }

        @Override
        public void lost(String reason) {
            endWith(new End.Lost(reason));
        }
    }

    private final class Arriving implements Receiver {
        private final Link own;
        private final int connection;
        private final LateDecoder decoder;

        Arriving(Link own, int connection, LateDecoder decoder) {
            this.own = own;
            this.connection = connection;
            this.decoder = decoder;
        }

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            if (type == FrameType.LATE_PAGES) {
                decoder.decode(payload, new Placing());
                return;
            }
            Message message = MessageCodec.decode(type, payload);
            if (message instanceof Postcopy.PagesLost lost) {
                endWith(new End.Lost(lost.reason()));
            } else if (!(message instanceof Message.Heartbeat)) {
                throw new ProtocolException("The source sent what does not belong on this connection: " + type);
            }
        }

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {
            decoder.close();
            long left;
            synchronized (PostcopyTarget.this) {
                decoders.remove(decoder);
                if (end != null || !own.equals(links[connection])) {
                    return;
                }
                links[connection] = null;
                unreachedSinceNanos = nanoClock.getAsLong();
                left = pagesLeft();
            }
            log.warn(
                    "Guest {} waits for {} pages that only {} has, and the connection is lost ({}). It goes on where it"
                            + " does not need them, and is given up as lost after {} s",
                    guest.name(),
                    left,
                    sourceHost,
                    reason,
                    patience.toSeconds());
            whenLost.accept("A connection for late pages is lost: " + reason);
        }
    }

    private final class Placing implements LateDecoder.Sink {
        @Override
        public void content(long firstPage, MemorySegment content) throws IOException {
            long count = content.byteSize() / GuestMemory.PAGE_BYTES;
            check(firstPage, count);
            pages.place(firstPage, content);
            placed(firstPage, count);
        }

        @Override
        public void zeros(long firstPage, long count) throws IOException {
            check(firstPage, count);
            List<Long> awaited;
            synchronized (PostcopyTarget.this) {
                MissingLedger known = ledger;
                awaited = known == null ? List.of() : known.zeros(firstPage, count);
            }
            for (long page : awaited) {
                pages.placeZeros(page, 1);
            }
        }

        private void check(long firstPage, long count) throws ProtocolException {
            synchronized (PostcopyTarget.this) {
                MissingLedger known = ledger;
                if (known == null || !known.expects(firstPage, count)) {
                    throw new ProtocolException(
                            "Pages came that are not missing: " + count + " from page " + firstPage);
                }
            }
        }

        private void placed(long firstPage, long count) {
            synchronized (PostcopyTarget.this) {
                MissingLedger known = ledger;
                if (known != null) {
                    known.placed(firstPage, count);
                }
            }
        }
    }
}
