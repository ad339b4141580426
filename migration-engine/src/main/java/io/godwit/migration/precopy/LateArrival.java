package io.godwit.migration.precopy;

import io.godwit.migration.IncomingGuests.Incoming;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.WaitingGuest;
import io.godwit.migration.postcopy.PostcopyArrivals;
import io.godwit.migration.postcopy.PostcopyTarget;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.DeviceState;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a target has to do beside if pages come after the switchover; nothing if they do not.
final class LateArrival implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LateArrival.class);

    private final Offer offer;
    private final Incoming incoming;
    private final Session session;
    private final TargetWire wire;
    private final PostcopyArrivals arrivals;
    private final Duration patience;
    private @Nullable PostcopyTarget pages;

    /// @param patience how long a source may be out of reach before its guest is lost
    LateArrival(
            Offer offer,
            Incoming incoming,
            Session session,
            TargetWire wire,
            PostcopyArrivals arrivals,
            Duration patience) {
        this.offer = offer;
        this.incoming = incoming;
        this.session = session;
        this.wire = wire;
        this.arrivals = arrivals;
        this.patience = patience;
    }

    void told(Postcopy message) throws IOException {
        switch (message) {
            case Postcopy.Begin _ -> prepare();
            case Postcopy.MissingMap part -> {
                PostcopyTarget prepared = pages;
                if (prepared == null) {
                    throw new ProtocolException("Pages are missing that nobody made ready for");
                }
                prepared.tell(part);
            }
            case Postcopy.Ready _, Postcopy.PageRequest _, Postcopy.AllPlaced _, Postcopy.PagesLost _ ->
                throw new ProtocolException("The source sent a message out of order: " + message.type());
        }
    }

    private void prepare() throws IOException {
        if (pages != null) {
            throw new ProtocolException("The source began twice to leave pages behind");
        }
        incoming.leavesPages(offer.migration(), offer.sourceHost());
        PostcopyTarget prepared = PostcopyTarget.prepare(
                offer.migration(),
                offer.sourceHost(),
                new Arrived(incoming),
                patience,
                session::fail,
                session.nanoClock());
        pages = prepared;
        arrivals.add(prepared);
        wire.send(new Postcopy.Ready());
    }

    /// Everything else has arrived, and nobody writes to the memory any more.
    void begin() throws IOException {
        PostcopyTarget prepared = pages;
        if (prepared != null) {
            prepared.begin();
        }
    }

    /// A guest with pages missing may wait for one while its state is loaded, and the connection may be lost
    /// meanwhile: so that wait ends with the session. The hypervisor is destroyed then, which ends the
    /// loading.
    void load(DeviceState state) throws Exception {
        if (pages == null) {
            incoming.guest().loadDeviceState(state);
            return;
        }
        CompletableFuture<Void> loading = new CompletableFuture<>();
        Thread.ofVirtual().name("godwit-load").start(() -> {
            try {
                incoming.guest().loadDeviceState(state);
                loading.complete(null);
            } catch (IOException | RuntimeException e) {
                loading.completeExceptionally(e);
            }
            session.changed();
        });
        session.await(
                loading::isDone,
                Limits.SWITCHOVER_MS,
                "The device state was not loaded within " + Limits.SWITCHOVER_MS + " ms");
        try {
            loading.join();
        } catch (CompletionException e) {
            throw new IOException("The device state could not be loaded: " + Reasons.of(e.getCause()), e);
        }
    }

    /// The guest is this host's and runs: waits until no page is missing, or there is no sense in waiting any
    /// more.
    void awaitEnd() throws InterruptedException {
        PostcopyTarget prepared = pages;
        if (prepared != null) {
            see(prepared, new Arrived(incoming), arrivals);
        }
    }

    /// Sees a guest with pages missing through to its end.
    static void see(PostcopyTarget pages, WaitingGuest guest, PostcopyArrivals arrivals) throws InterruptedException {
        PostcopyTarget.End end = pages.awaitEnd();
        switch (end) {
            case PostcopyTarget.End.Placed _ -> {
                arrivals.placed(pages);
                log.info("Guest {} has all its pages", guest.name());
                guest.arrived();
            }
            case PostcopyTarget.End.Lost lost -> {
                pages.release();
                log.error("Guest {} is lost, and what is here of it ends: {}", guest.name(), lost.reason());
                guest.lost(lost.reason());
                arrivals.placed(pages);
            }
            case PostcopyTarget.End.Gone _, PostcopyTarget.End.LetGo _ -> {
                arrivals.remove(pages);
                pages.close();
            }
        }
    }

    /// A guest that has just arrived, which answers.
    private record Arrived(Incoming incoming) implements WaitingGuest {
        @Override
        public String name() {
            return incoming.guest().spec().name();
        }

        @Override
        public GuestMemory memory() {
            return incoming.guest().memory();
        }

        @Override
        public MissingPages missingPages() throws HypervisorException {
            return incoming.guest().missingPages();
        }

        @Override
        public boolean gone() {
            return incoming.guest().gone().isDone();
        }

        @Override
        public void arrived() {
            incoming.pagesArrived();
        }

        @Override
        public void lost(String reason) {
            try {
                incoming.guest().destroy(Duration.ofMillis(Limits.DESTROY_MS));
            } catch (HypervisorException | RuntimeException e) {
                log.error("Guest {} is lost and could not be removed; it stands still", name(), e);
            }
            incoming.pagesLost(reason);
        }
    }

    /// When it returns nobody touches the guest's memory any more on behalf of pages that come late.
    @Override
    public void close() {
        PostcopyTarget prepared = pages;
        if (prepared != null) {
            arrivals.remove(prepared);
            prepared.close();
        }
    }
}
