package io.godwit.agent.rehearsal;

import io.godwit.migration.IncomingGuests.Incoming;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.PagePolicy;
import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.WhenSlow;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.synthetic.SyntheticHypervisor;
import io.godwit.shim.synthetic.SyntheticWorkload;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A guest that is moved once: a quarter of its memory is empty, the rest compresses well or badly, and it keeps
/// writing, so that there are rounds, differences and a last round.
///
/// Closing removes it wherever it is.
final class RehearsedGuest implements AutoCloseable {
    static final String NAME = "rehearsal";

    private static final long MEMORY_BYTES = 32 << 20;
    private static final long FILLED_BYTES = 24 << 20;

    /// A multiple of 128 pages: a page that is written again is then as before but for its random part, so that
    /// differences are worth sending.
    private static final long WORKING_SET_BYTES = 2 << 20;

    private static final long WRITTEN_BYTES_PER_SECOND = 24 << 20;
    private static final double[] COMPRESSIBILITY = {0.5, 0.95, 0.1};

    /// Slower than any network worth having, so that no processor is taken for longer than a moment; fast enough that
    /// rounds come to an end.
    private static final long[] BYTES_PER_SECOND = {64 << 20, 24 << 20};

    private static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(5);
    private static final int TIMEOUT_MS = 10_000;

    private final UUID migration = UUID.randomUUID();
    private final String host;
    private final int number;
    private final RehearsedRecord record;
    private final SyntheticHypervisor source;
    private final SyntheticHypervisor target;
    private final Guest leaving;
    private final CountDownLatch arrivalOver = new CountDownLatch(1);
    private @Nullable Guest arriving;
    private boolean closed;

    private RehearsedGuest(String host, int number) throws HypervisorException {
        this.host = host;
        this.number = number;
        this.record = new RehearsedRecord(host);
        SyntheticWorkload workload = new SyntheticWorkload(
                WRITTEN_BYTES_PER_SECOND,
                WORKING_SET_BYTES,
                FILLED_BYTES,
                COMPRESSIBILITY[number % COMPRESSIBILITY.length],
                number);
        this.source = SyntheticHypervisor.withoutFiles(workload);
        this.target = SyntheticHypervisor.withoutFiles(SyntheticWorkload.IDLE);
        this.leaving = source.create(spec());
    }

    /// Starts it; on failure nothing of it is left.
    ///
    /// @param number of the rehearsal, on which depends what the guest is like
    static RehearsedGuest start(String host, int number) throws HypervisorException {
        RehearsedGuest guest = new RehearsedGuest(host, number);
        try {
            guest.leaving.resume();
            return guest;
        } catch (HypervisorException e) {
            guest.close();
            throw e;
        }
    }

    private static GuestSpec spec() {
        return new GuestSpec(
                NAME,
                UUID.randomUUID(),
                MEMORY_BYTES,
                1,
                SyntheticHypervisor.MACHINE_TYPE,
                SyntheticHypervisor.CPU_MODEL,
                null,
                List.of(),
                List.of(),
                GuestSpec.OnEvent.DESTROY,
                GuestSpec.OnEvent.DESTROY,
                GuestSpec.OnEvent.DESTROY);
    }

    /// Asks for the move from this host to this host.
    MigrationRequest request(InetSocketAddress address) {
        MigrationPolicy policy = new MigrationPolicy(
                MigrationPolicy.DEFAULT.downtimeBudgetMs(),
                BYTES_PER_SECOND[number % BYTES_PER_SECOND.length],
                TIMEOUT_MS,
                MigrationPolicy.DEFAULT.roundsMax(),
                1,
                false,
                WhenSlow.DEFAULT,
                true,
                PagePolicy.DEFAULT);
        return new MigrationRequest(
                migration, leaving, source.capabilities(), host, host, address, policy, record.sourceGate());
    }

    /// @throws IOException unless it is this guest that is offered
    synchronized Incoming receive(Offer offer) throws IOException {
        if (!offer.migration().equals(migration) || arriving != null || closed) {
            throw new IOException("Only what this agent rehearses is received here");
        }
        Guest guest = target.prepareIncoming(offer.spec());
        arriving = guest;
        return new Arrival(guest);
    }

    private final class Arrival implements Incoming {
        private final Guest guest;

        Arrival(Guest guest) {
            this.guest = guest;
        }

        @Override
        public Guest guest() {
            return guest;
        }

        @Override
        public SwitchoverGate gate() {
            return record.targetGate();
        }

        @Override
        public void complete(boolean paused) {
            // Nobody has to find it again.
        }

        @Override
        public void committed() {
            // It has no network.
        }

        @Override
        public void taken(long epoch, boolean paused, String resumeFailure) {
            arrivalOver.countDown();
        }

        @Override
        public void discarded(String reason) {
            arrivalOver.countDown();
        }
    }

    /// To be called when the source has reported. Memory that the target's side still uses after some seconds is
    /// not given back, which is a failure.
    @Override
    public void close() throws HypervisorException {
        leaving.destroy(DESTROY_TIMEOUT);
        leaving.close();
        Guest guest = received();
        if (guest != null) {
            if (!arrivalIsOver()) {
                throw new HypervisorException("The target's side of a rehearsal did not come to its end");
            }
            guest.destroy(DESTROY_TIMEOUT);
            guest.close();
        }
    }

    /// From now on nothing is received any more.
    private synchronized @Nullable Guest received() {
        closed = true;
        return arriving;
    }

    private boolean arrivalIsOver() {
        try {
            return arrivalOver.await(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
