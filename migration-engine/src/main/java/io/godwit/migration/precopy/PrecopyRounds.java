package io.godwit.migration.precopy;

import io.godwit.migration.MigrationRequest;
import io.godwit.migration.Slowness;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.RamDigest;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.postcopy.PostcopySource;
import io.godwit.migration.precopy.ConvergencePolicy.Figures;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Digests;
import io.godwit.migration.transport.Link;
import io.godwit.shim.DeviceState;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The rounds of a migration at its source: scan, send, and ask the policy. Always in this order: a scan first,
/// the pages after, so that a write in between is found by the next scan.
final class PrecopyRounds implements AutoCloseable {
    private final MigrationRequest request;
    private final Guest guest;
    private final Session session;
    private final SourceWire wire;
    private final MappedRam ram;
    private final Counters counters;
    private final SourceReport report;
    private final FixedCost fixedCost;
    private final MigrationMeters meters;
    private final LongSupplier nanoClock;
    private final LiveLimits limits;
    private final Convergence convergence;
    private final SendRates rates = new SendRates();
    private final PageBitmap toSend;
    private final PageBitmap writtenMeanwhile;
    private final Rescan rescan;
    private @Nullable RoundSender sender;
    private @Nullable LinkPacing pacing;
    private @Nullable DirtyTracker tracker;
    private int round;
    private final DirtyRate dirtyRate = new DirtyRate();
    private long dirtyBytesPerSecond;
    private long pagesLeftBefore = Long.MAX_VALUE / 4;

    PrecopyRounds(
            MigrationRequest request,
            LiveLimits limits,
            Session session,
            SourceWire wire,
            MappedRam ram,
            Counters counters,
            SourceReport report,
            FixedCost fixedCost,
            MigrationMeters meters,
            LongSupplier nanoClock) {
        this.request = request;
        this.limits = limits;
        this.guest = request.guest();
        this.session = session;
        this.wire = wire;
        this.ram = ram;
        this.counters = counters;
        this.report = report;
        this.fixedCost = fixedCost;
        this.meters = meters;
        this.nanoClock = nanoClock;
        this.convergence = new Convergence(limits::policy, guest, ram.pageCount(), meters, nanoClock);
        this.toSend = new PageBitmap(ram.pageCount());
        this.writtenMeanwhile = new PageBitmap(ram.pageCount());
        this.rescan = new Rescan(this::scan, writtenMeanwhile);
    }

    /// Attaches the tracker.
    void track() throws IOException {
        tracker = guest.track();
    }

    /// Opens the data connections.
    void connect() throws Exception {
        List<Link> links = wire.openData(request.policy().connections());
        sender = new RoundSender(
                session,
                ram,
                links,
                request.policy().pages().understoodBy(wire.version()),
                limits.pacer(),
                counters,
                nanoClock);
        pacing = new LinkPacing(
                links, limits.pacer(), nanoClock, meters, request.policy().yields());
    }

    /// Sends rounds until what is left fits into the budget; what is left then is in `toSend`.
    ///
    /// @throws GivenUp if the policy says that it never will
    void converge() throws Exception {
        if (round == 0) {
            sendFirstRound();
        }
        if (convergence.leavesPages()) {
            // Decided before the handover was recorded; what was written since is one more page to come later.
            return;
        }
        while (true) {
            if (guest.gone().isDone()) {
                throw new GivenUp("The guest ended: " + guest.gone().getNow(Guest.EndReason.CRASH), false);
            }
            scan();
            Figures figures = figures();
            counters.figures(dirtyBytesPerSecond, figures.predictedDowntimeMs());
            pagesLeftBefore = figures.pagesLeft();
            boolean another;
            try {
                another = convergence.anotherRound(figures);
            } catch (GivenUp e) {
                fixedCost.doubt();
                throw e;
            }
            if (!another) {
                return;
            }
            sendRound();
        }
    }

    /// Sends what is left as fast as the cap allows, for the guest is about to be paused.
    void hurry() {
        LinkPacing open = pacing;
        if (open != null) {
            open.hurry();
        }
    }

    /// Lets the guest go if it was slowed. Idempotent.
    ///
    /// @return empty, or why it may still be slowed
    String letGo() {
        return convergence.letGo();
    }

    /// The downtime budget in force.
    long budgetMs() {
        return convergence.budgetMs();
    }

    /// Safe for use by any thread.
    Slowness slowness() {
        return convergence.slowness();
    }

    private Figures figures() {
        return new Figures(
                round,
                counters.elapsedMs(),
                toSend.cardinality(),
                pagesLeftBefore,
                convergence.hotPages(toSend),
                rates.wireBytesPerPage(),
                dirtyBytesPerSecond,
                rates.bytesPerSecond(),
                fixedCost.ms(),
                counters.bytesSent(),
                ram.bytes());
    }

    /// Everything that was ever touched; the rest is told in a round of its own before it.
    private void sendFirstRound() throws Exception {
        scan();
        toSend.clearAll();
        ram.memory().dataPages(toSend);
        wire.expectRound(0);
        sender().sendUntouched(toSend);
        wire.awaitRound(0);
        sendRound();
    }

    /// Sends what `toSend` holds and waits until the target has applied it, so that the figures are true.
    private void sendRound() throws Exception {
        long started = nanoClock.getAsLong();
        long bytesBefore = counters.bytesSent();
        long dataBefore = counters.contentPages();
        long pages = toSend.cardinality();
        sendPages(pages, false);
        wire.awaitRound(round);
        long nanos = nanoClock.getAsLong() - started;
        long bytes = counters.bytesSent() - bytesBefore;
        rates.add(bytes, round > 1 ? counters.contentPages() - dataBefore : 0, nanos);
        report.round(pages, bytes, nanos, dirtyBytesPerSecond);
        meters.round();
    }

    private void sendPages(long pages, boolean paused) throws Exception {
        round++;
        counters.beginRound(round, pages * GuestMemory.PAGE_BYTES);
        wire.expectRound(round);
        sender().send(round, toSend, paused ? null : rescan);
        toSend.clearAll();
        toSend.or(writtenMeanwhile);
        writtenMeanwhile.clearAll();
    }

    private void scan() throws IOException {
        var _ = scan(toSend);
        dirtyBytesPerSecond = dirtyRate.bytesPerSecond();
    }

    private long scan(PageBitmap into) throws IOException {
        long started = nanoClock.getAsLong();
        long written = tracker().scan(into);
        long ended = nanoClock.getAsLong();
        dirtyRate.add(written, ended);
        return ended - started;
    }

    /// What was sent of a paused guest.
    ///
    /// @param stateWaitNanos how long the device state was waited for with nothing left to send
    /// @param sendMs         how long sending pages took
    record Rest(int finalRound, int deviceStateBytes, long stateWaitNanos, double sendMs) {}

    /// The guest is paused: sends the rest of it. The device state is taken while the last round is sent; taking
    /// it may write to memory, so a second scan follows it, and what that finds is sent too.
    Rest sendRest() throws Exception {
        CompletableFuture<DeviceState> saving = saveDeviceState();
        long started = nanoClock.getAsLong();
        long bytesBefore = counters.bytesSent();
        scan();
        long dirtyRate = dirtyBytesPerSecond;
        long pages = toSend.cardinality();
        sendPages(pages, true);
        long sent = nanoClock.getAsLong();
        session.await(saving::isDone);
        DeviceState state = joined(saving);
        long saved = nanoClock.getAsLong();
        int stateBytes = wire.sendDeviceState(state);
        counters.sent(stateBytes);
        scan();
        long rest = toSend.cardinality();
        sendPages(rest, true);
        long ended = nanoClock.getAsLong();
        long sendNanos = (sent - started) + (ended - saved);
        report.round(pages + rest, counters.bytesSent() - bytesBefore, sendNanos, dirtyRate);
        meters.round();
        if (request.policy().verify()) {
            wire.awaitRound(round);
            sendDigests();
        }
        return new Rest(round, stateBytes, saved - sent, sendNanos / 1e6);
    }

    /// Whether what is left is to come after the switchover.
    boolean leavesPages() {
        return convergence.leavesPages();
    }

    /// The guest is paused: takes its device state and leaves everything written since it was sent last to
    /// `late`. The scan follows the taking of the state, which may write to memory; from then on nobody does.
    Rest leaveRest(PostcopySource late) throws Exception {
        long started = nanoClock.getAsLong();
        CompletableFuture<DeviceState> saving = saveDeviceState();
        session.await(saving::isDone);
        DeviceState state = joined(saving);
        long saved = nanoClock.getAsLong();
        scan();
        // The promise first: a target that has heard of a missing page must find that it is kept.
        late.offer(toSend.cardinality());
        wire.sendMissing(toSend);
        int stateBytes = wire.sendDeviceState(state);
        counters.sent(stateBytes);
        return new Rest(round, stateBytes, saved - started, 0);
    }

    private CompletableFuture<DeviceState> saveDeviceState() {
        CompletableFuture<DeviceState> saving = new CompletableFuture<>();
        Thread.ofVirtual().name("godwit-device-state").start(() -> {
            try {
                saving.complete(guest.saveDeviceState());
            } catch (IOException | RuntimeException e) {
                saving.completeExceptionally(e);
            }
            session.changed();
        });
        return saving;
    }

    private static DeviceState joined(CompletableFuture<DeviceState> saving) throws IOException {
        try {
            return saving.join();
        } catch (CompletionException e) {
            throw new IOException("The device state could not be taken: " + Reasons.of(e.getCause()), e);
        }
    }

    private void sendDigests() throws Exception {
        RamDigest digest = new RamDigest(ram);
        long chunks = digest.chunkCount();
        for (long first = 0; first < chunks; first += Limits.DIGESTS_MAX) {
            long[] values = new long[(int) Math.min(Limits.DIGESTS_MAX, chunks - first)];
            for (int i = 0; i < values.length; i++) {
                values[i] = digest.digest(first + i);
                session.check();
            }
            wire.sendDigests(new Digests(first, values));
        }
    }

    private RoundSender sender() {
        RoundSender open = sender;
        if (open == null) {
            throw new IllegalStateException("There is no sender yet");
        }
        return open;
    }

    private DirtyTracker tracker() {
        DirtyTracker open = tracker;
        if (open == null) {
            throw new IllegalStateException("There is no tracker yet");
        }
        return open;
    }

    @Override
    public void close() {
        LinkPacing openPacing = pacing;
        if (openPacing != null) {
            openPacing.close();
        }
        RoundSender openSender = sender;
        if (openSender != null) {
            openSender.close();
        }
        DirtyTracker openTracker = tracker;
        if (openTracker != null) {
            openTracker.close();
        }
    }
}
