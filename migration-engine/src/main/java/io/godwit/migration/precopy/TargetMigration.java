package io.godwit.migration.precopy;

import io.godwit.migration.IncomingGuests;
import io.godwit.migration.IncomingGuests.Incoming;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.SwitchoverGate.Verdict;
import io.godwit.migration.codec.PackedDeviceState;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.metrics.MigrationMeters.Role;
import io.godwit.migration.metrics.PhaseLog;
import io.godwit.migration.postcopy.PostcopyArrivals;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Abort;
import io.godwit.migration.protocol.Message.Answer;
import io.godwit.migration.protocol.Message.Complete;
import io.godwit.migration.protocol.Message.DeviceStatePart;
import io.godwit.migration.protocol.Message.Digests;
import io.godwit.migration.protocol.Message.Prepare;
import io.godwit.migration.protocol.Message.Prepared;
import io.godwit.migration.protocol.Message.Question;
import io.godwit.migration.protocol.Message.Running;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.shim.HypervisorException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A migration at its target. [#run] is the list of phases.
///
/// Until the gate is asked, everything that fails removes what is here. Once it was asked, its verdict decides,
/// whether or not the source can still be reached.
final class TargetMigration {
    private static final Logger log = LoggerFactory.getLogger(TargetMigration.class);

    private final IncomingGuests agent;
    private final PostcopyArrivals postcopies;
    private final MigrationMeters meters;
    private final LongSupplier nanoClock;
    private final Session session;
    private final TargetWire wire;
    private final PhaseLog phases;
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable Incoming incoming;
    private volatile @Nullable IncomingPages pages;
    private @Nullable LateArrival late;
    private byte[] deviceState = new byte[0];
    private int deviceStateBytes;
    private long loadMicros;
    private boolean prepared;

    TargetMigration(
            Link control,
            IncomingGuests agent,
            PostcopyArrivals postcopies,
            MigrationMeters meters,
            LongSupplier nanoClock) {
        this.agent = agent;
        this.postcopies = postcopies;
        this.meters = meters;
        this.nanoClock = nanoClock;
        this.session = new Session(nanoClock);
        this.wire = new TargetWire(session, control);
        this.phases = new PhaseLog(meters, Role.TARGET, "?", "?");
    }

    Receiver wire() {
        return wire;
    }

    /// Receives the guest, or leaves nothing of it. Returns once that is decided and all is cleaned up.
    void run() {
        boolean paused;
        try {
            Prepare prepare = answerQuestions();
            prepare(prepare);
            paused = receive(prepare.verify());
            load();
            incoming().complete(paused);
        } catch (Throwable e) {
            discard(Reasons.of(e));
            end();
            return;
        }
        commit(paused);
        end();
    }

    /// Says what speaks against the guest as often as asked. Nothing is touched before it is to be prepared.
    private Prepare answerQuestions() throws Exception {
        while (true) {
            Message message = wire.next(Limits.BETWEEN_REQUESTS_MS, "The source asked for nothing");
            switch (message) {
                case Question question -> {
                    checkSource(question.offer());
                    wire.send(new Answer(agent.blockers(question.offer())));
                }
                case Prepare prepare -> {
                    checkSource(prepare.offer());
                    return prepare;
                }
                case Message.Hello _,
                        Message.Welcome _,
                        Answer _,
                        Prepared _,
                        Abort _,
                        Message.Heartbeat _,
                        Message.RoundDone _,
                        DeviceStatePart _,
                        Digests _,
                        Complete _,
                        Running _,
                        Message.FramesDone _,
                        Message.RoundEnd _,
                        Message.Postcopy _ -> throw outOfOrder(message);
            }
        }
    }

    private void checkSource(Offer offer) throws ProtocolException {
        checkPeer(wire.link(), offer.sourceHost());
    }

    /// With TLS, the name the source claims must be one its certificate proves.
    private static void checkPeer(Link link, String claimed) throws ProtocolException {
        boolean proven = link.peerNames()
                .map(names -> names.contains(claimed.toLowerCase(Locale.ROOT)))
                .orElse(true);
        if (!proven) {
            throw new ProtocolException("The source's certificate does not prove that it is " + claimed);
        }
    }

    private void prepare(Prepare prepare) throws Exception {
        Offer offer = prepare.offer();
        phases.identify(offer.migration().toString(), offer.spec().name());
        meters.began(Role.TARGET);
        prepared = true;
        transitionTo(new TargetState.Preparing(), "asked for by " + offer.sourceHost());
        Incoming arriving = agent.prepare(offer);
        incoming = arriving;
        late = new LateArrival(offer, arriving, session, wire, postcopies, agent.latePagesTimeout());
        if (!arriving.guest().memory().regions().equals(offer.memory())) {
            throw new GivenUp(
                    "The memory layouts differ: the source has " + offer.memory() + ", the target "
                            + arriving.guest().memory().regions(),
                    false);
        }
        session.check();
        pages = new IncomingPages(
                session, wire, arriving.guest().memory(), prepare.connections(), offer.sourceHost(), meters);
        wire.send(new Prepared());
        transitionTo(
                new TargetState.Receiving(prepare.connections(), prepare.verify()),
                "the hypervisor waits for the guest");
    }

    /// A data connection with this session's token.
    Receiver join(Link link, int connection) throws ProtocolException {
        IncomingPages open = pages;
        if (open == null) {
            throw new ProtocolException("A data connection came before the target was prepared");
        }
        checkPeer(link, open.sourceHost());
        return open.join(link, connection);
    }

    /// Collects the device state while the data connections fill the RAM.
    ///
    /// @return whether the guest is to stay paused
    private boolean receive(boolean verify) throws Exception {
        IncomingPages open = pages();
        while (true) {
            Message message = wire.next(Limits.RECEIVE_MS, "The source did not come to an end");
            switch (message) {
                case DeviceStatePart part -> add(part);
                case Digests digests -> open.verify(digests);
                case Message.Postcopy postcopy -> late().told(postcopy);
                case Complete complete -> {
                    open.awaitRound(complete.finalRound());
                    open.checkVerified(verify);
                    open.close();
                    late().begin();
                    if (deviceStateBytes != deviceState.length || deviceStateBytes != complete.deviceStateBytes()) {
                        throw new ProtocolException("The device state is incomplete: " + deviceStateBytes + " of "
                                + complete.deviceStateBytes() + " bytes");
                    }
                    transitionTo(new TargetState.Loading(complete.paused()), "everything has arrived");
                    return complete.paused();
                }
                case Message.Hello _,
                        Message.Welcome _,
                        Question _,
                        Answer _,
                        Prepare _,
                        Prepared _,
                        Abort _,
                        Message.Heartbeat _,
                        Message.RoundDone _,
                        Running _,
                        Message.FramesDone _,
                        Message.RoundEnd _ -> throw outOfOrder(message);
            }
        }
    }

    private void add(DeviceStatePart part) throws ProtocolException {
        if (deviceStateBytes == 0 && part.offset() == 0) {
            deviceState = new byte[part.totalBytes()];
        }
        if (part.totalBytes() != deviceState.length || part.offset() != deviceStateBytes) {
            throw new ProtocolException("The device state came out of order: " + part.offset() + " of "
                    + part.totalBytes() + " bytes, expected " + deviceStateBytes + " of " + deviceState.length);
        }
        System.arraycopy(part.bytes(), 0, deviceState, part.offset(), part.bytes().length);
        deviceStateBytes += part.bytes().length;
    }

    private void load() throws Exception {
        long started = nanoClock.getAsLong();
        Gates.expectCommit(incoming().gate());
        late().load(PackedDeviceState.unpack(deviceState));
        loadMicros = micros(started);
        session.check();
    }

    /// Asks for the guest. Whatever happens to the source from here on, only the verdict counts.
    private void commit(boolean paused) {
        transitionTo(new TargetState.Committing(paused), "the guest is complete here");
        long started = nanoClock.getAsLong();
        Verdict verdict = Gates.commit(incoming().gate());
        switch (verdict) {
            case Verdict.RunHere here -> take(here.epoch(), paused, micros(started));
            case Verdict.RunElsewhere elsewhere ->
                discard("The record says the guest belongs to '" + elsewhere.host() + "', not to this host");
        }
    }

    private void take(long epoch, boolean paused, long commitMicros) {
        session.settle();
        // Before the network sends frames here by itself, which are younger.
        wire.frames().deliverTo(incoming().guest());
        incoming().committed();
        long started = nanoClock.getAsLong();
        String failure = paused ? "" : resume();
        wire.send(new Running(epoch, loadMicros, commitMicros, micros(started), failure));
        transitionTo(new TargetState.Taken(epoch), failure.isEmpty() ? "the record says so" : failure);
        incoming().taken(epoch, paused, failure);
        meters.ended(Role.TARGET, "COMPLETED");
        try {
            wire.awaitFarewell();
            meters.frames(wire.frames().figures());
            pages().closeLinks();
            late().awaitEnd();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private String resume() {
        try {
            incoming().guest().resume();
            return "";
        } catch (HypervisorException | RuntimeException e) {
            log.error("The guest is this host's but cannot be resumed", e);
            return Reasons.of(e);
        }
    }

    /// The guest stays elsewhere. First nothing writes to its memory any more, then its hypervisor goes.
    private void discard(String reason) {
        session.fail(reason);
        wire.frames().close();
        wire.send(new Abort(reason));
        IncomingPages open = pages;
        if (open != null) {
            open.close();
        }
        LateArrival missing = late;
        if (missing != null) {
            missing.close();
        }
        Incoming arriving = incoming;
        String told = reason;
        if (arriving != null) {
            try {
                arriving.guest().destroy(Duration.ofMillis(Limits.DESTROY_MS));
            } catch (HypervisorException | RuntimeException e) {
                log.error("What was to become a guest could not be removed", e);
                told = reason + "; what was to become the guest here could not be removed: " + Reasons.of(e);
            }
            arriving.discarded(told);
        }
        if (prepared) {
            transitionTo(new TargetState.Discarded(reason), told);
            meters.ended(Role.TARGET, "DISCARDED");
        }
        wire.link().closeSoon();
        if (open != null) {
            open.closeLinksSoon();
        }
    }

    private void end() {
        phases.ended();
        ended.countDown();
    }

    /// Gives up unless the gate has been asked.
    void cancel(String reason) {
        session.cancel(reason);
    }

    void awaitEnd(long nanos) {
        try {
            if (!ended.await(nanos, TimeUnit.NANOSECONDS)) {
                log.error("An incoming migration is still not decided and goes on without its engine");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void transitionTo(TargetState next, String reason) {
        phases.entered(next.getClass().getSimpleName(), reason);
    }

    private static ProtocolException outOfOrder(Message message) {
        return new ProtocolException("The source sent a message out of order: " + message.type());
    }

    private long micros(long startedNanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanoClock.getAsLong() - startedNanos);
    }

    private Incoming incoming() {
        Incoming arriving = incoming;
        if (arriving == null) {
            throw new IllegalStateException("Nothing has been prepared");
        }
        return arriving;
    }

    private LateArrival late() {
        LateArrival prepared = late;
        if (prepared == null) {
            throw new IllegalStateException("Nothing has been prepared");
        }
        return prepared;
    }

    private IncomingPages pages() {
        IncomingPages open = pages;
        if (open == null) {
            throw new IllegalStateException("Nothing has been prepared");
        }
        return open;
    }
}
