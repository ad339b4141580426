package io.godwit.migration.precopy;

import io.godwit.migration.codec.IncomingRam;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.PageDecoder;
import io.godwit.migration.codec.RamDigest;
import io.godwit.migration.codec.RoundBarrier;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.metrics.MigrationMeters.Role;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Digests;
import io.godwit.migration.protocol.Message.RoundDone;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The data connections of a migration at its target, and the RAM they fill.
///
/// Pages are applied on the connection's event loop: while they are, nothing is read from it, and that is the
/// backpressure.
final class IncomingPages implements AutoCloseable {
    private final Session session;
    private final TargetWire wire;
    private final MappedRam ram;
    private final RoundBarrier barrier;
    private final String sourceHost;
    private final MigrationMeters meters;
    private final PageDecoder[] decoders;
    private final @Nullable Link[] links;
    private @Nullable RamDigest digest;
    private long verifiedChunks;

    /// @throws HypervisorException if it cannot be told what the hypervisor wrote to its RAM so far
    IncomingPages(
            Session session,
            TargetWire wire,
            GuestMemory memory,
            int connections,
            String sourceHost,
            MigrationMeters meters)
            throws HypervisorException {
        this.session = session;
        this.wire = wire;
        this.ram = new MappedRam(memory);
        this.barrier = new RoundBarrier(connections);
        this.sourceHost = sourceHost;
        this.meters = meters;
        IncomingRam incoming = new IncomingRam(ram);
        this.decoders = new PageDecoder[connections];
        for (int i = 0; i < connections; i++) {
            decoders[i] = new PageDecoder(incoming, i, connections, barrier);
        }
        this.links = new Link[connections];
    }

    String sourceHost() {
        return sourceHost;
    }

    /// Binds a data connection; each number once.
    Receiver join(Link link, int connection) throws ProtocolException {
        synchronized (session) {
            if (connection >= links.length || links[connection] != null) {
                throw new ProtocolException("A data connection has a number that is not free: " + connection);
            }
            links[connection] = link;
        }
        return new DataReceiver(decoders[connection]);
    }

    /// Waits until a round is done, which must be the last there is.
    void awaitRound(int round) throws IOException, InterruptedException {
        session.await(
                () -> barrier.done() >= round,
                Limits.SWITCHOVER_MS,
                "The last pages did not arrive within " + Limits.SWITCHOVER_MS + " ms");
        if (barrier.done() != round) {
            throw new ProtocolException("More rounds came than the source says there were: " + barrier.done());
        }
    }

    /// Compares the source's digests with this RAM's.
    ///
    /// @throws GivenUp on the first difference, naming the pages
    void verify(Digests digests) throws IOException {
        RamDigest here = digest;
        if (here == null) {
            here = new RamDigest(ram);
            digest = here;
        }
        if (digests.firstChunk() != verifiedChunks
                || digests.values().length > here.chunkCount() - digests.firstChunk()) {
            throw new ProtocolException("Digests came out of order, from chunk " + digests.firstChunk());
        }
        for (long expected : digests.values()) {
            if (here.digest(verifiedChunks) != expected) {
                RamDigest.Range range = here.range(verifiedChunks);
                throw new GivenUp(
                        "The memory of the two hosts differs: pages " + range.firstPage() + " to "
                                + (range.firstPage() + range.pageCount() - 1),
                        false);
            }
            verifiedChunks++;
            session.check();
        }
    }

    /// @throws ProtocolException if digests were wanted and did not cover all RAM
    void checkVerified(boolean wanted) throws ProtocolException {
        RamDigest here = digest;
        boolean complete = here != null && verifiedChunks == here.chunkCount();
        if (wanted && !complete) {
            throw new ProtocolException("The digests do not cover all memory: " + verifiedChunks + " chunks");
        }
    }

    /// When this returns, nothing writes to the RAM any more.
    @Override
    public void close() {
        for (PageDecoder decoder : decoders) {
            decoder.close();
        }
    }

    void closeLinks() {
        for (Link link : links) {
            if (link != null) {
                link.close();
            }
        }
    }

    void closeLinksSoon() {
        for (Link link : links) {
            if (link != null) {
                link.closeSoon();
            }
        }
    }

    /// A broken frame ends the session, not the connection: the source is told why on the control connection
    /// before it sees anything close.
    private final class DataReceiver implements Receiver {
        private final PageDecoder decoder;
        private boolean broken;

        DataReceiver(PageDecoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) {
            if (broken) {
                return;
            }
            try {
                if (type == FrameType.PAGES) {
                    meters.bytes(Role.TARGET, payload.readableBytes());
                    decoder.apply(payload);
                } else if (MessageCodec.decode(type, payload) instanceof RoundEnd end) {
                    endRound(end);
                } else {
                    throw new ProtocolException("A data connection carried what does not belong there: " + type);
                }
            } catch (IOException | RuntimeException e) {
                broken = true;
                session.fail(Reasons.of(e));
            }
        }

        private void endRound(RoundEnd end) throws ProtocolException {
            if (decoder.endRound(end)) {
                wire.send(new RoundDone(end.round()));
                session.changed();
            }
        }

        @Override
        public void writabilityChanged(Link link) {
            session.changed();
        }

        @Override
        public void lost(Link link, String reason) {
            session.fail("A data connection is lost: " + reason);
        }
    }
}
