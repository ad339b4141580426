package io.godwit.shim.linux;

import io.godwit.shim.FrameDelivery;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.HypervisorException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends frames into a guest's taps, past the bridge: the bridge learns nothing from their senders' addresses.
///
/// A tap holds [Tap#QUEUE_FRAMES] and drops what comes beyond. So no more than [#AHEAD_MAX] are sent ahead of what the
/// guest's hypervisor has read; the rest of the room is for frames that come to this host by themselves.
public final class TapDelivery implements FrameDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(TapDelivery.class);
    private static final long AHEAD_MAX = 250;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(1);

    private final List<Card> cards = new ArrayList<>();

    private TapDelivery() {}

    /// @param taps of the guest's cards, in their order, in the network namespace of the calling thread
    public static TapDelivery open(List<String> taps) throws HypervisorException {
        TapDelivery delivery = new TapDelivery();
        try {
            for (String tap : taps) {
                delivery.cards.add(Card.open(tap));
            }
            return delivery;
        } catch (HypervisorException | RuntimeException e) {
            delivery.close();
            throw e;
        }
    }

    @Override
    public boolean deliver(GuestFrame frame) throws InterruptedException {
        return frame.card() < cards.size() && cards.get(frame.card()).deliver(frame.bytes());
    }

    @Override
    public void close() {
        cards.forEach(Card::close);
    }

    private static final class Card {
        private final String tap;
        private final PacketSocket socket;
        private final TapCounters counters;
        private final long readBefore;
        private long readSince;
        private long sent;
        private boolean stuck;

        private Card(String tap, PacketSocket socket, TapCounters counters, long readBefore) {
            this.tap = tap;
            this.socket = socket;
            this.counters = counters;
            this.readBefore = readBefore;
        }

        static Card open(String tap) throws HypervisorException {
            TapCounters counters = TapCounters.open(tap);
            try {
                long read = counters.read().read();
                return new Card(tap, PacketSocket.open(tap, PacketSocket.Mode.SEND_WITH_OFFLOADS), counters, read);
            } catch (HypervisorException | RuntimeException e) {
                counters.close();
                throw e;
            }
        }

        boolean deliver(byte[] frame) throws InterruptedException {
            if (stuck) {
                return false;
            }
            try {
                long deadlineNs = System.nanoTime() + PATIENCE_NS;
                while (tooFarAhead() || !socket.trySend(frame)) {
                    if (System.nanoTime() - deadlineNs >= 0) {
                        stuck = true;
                        LOG.warn("Tap {} takes no frames; what was forwarded to its guest is lost", tap);
                        return false;
                    }
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                sent++;
                return true;
            } catch (HypervisorException e) {
                LOG.warn("A forwarded frame could not be delivered: {}", e.getMessage());
                return false;
            }
        }

        private boolean tooFarAhead() throws HypervisorException {
            if (sent - readSince < AHEAD_MAX) {
                return false;
            }
            readSince = counters.read().read() - readBefore;
            return sent - readSince >= AHEAD_MAX;
        }

        void close() {
            socket.close();
            counters.close();
        }
    }
}
