package io.godwit.migration;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.linux.TcpConnection;
import io.godwit.shim.synthetic.SyntheticGuest;
import io.godwit.shim.synthetic.SyntheticHypervisor;
import io.godwit.shim.synthetic.SyntheticWorkload;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A host of synthetic guests whose engine can be stopped and started again, as an agent's is.
final class PostcopyHost implements IncomingGuests, PagesOwed, AutoCloseable {
    /// Writes faster than anything converges.
    static final SyntheticWorkload WORKLOAD = new SyntheticWorkload(400 << 20, 24 << 20, 40 << 20, 0.3, 99);

    static final GuestSpec SPEC = new GuestSpec(
            "synthetic1",
            new UUID(5, 6),
            64 << 20,
            1,
            SyntheticHypervisor.MACHINE_TYPE,
            SyntheticHypervisor.CPU_MODEL,
            null,
            List.of(),
            List.of(),
            GuestSpec.OnEvent.DESTROY,
            GuestSpec.OnEvent.RESTART,
            GuestSpec.OnEvent.PRESERVE);

    static final WhenSlow POST_COPY = WhenSlow.DEFAULT.withAnswer(OnSlow.POST_COPY);

    final String name;
    final SyntheticHypervisor hypervisor;
    final InetSocketAddress address;
    final BlockingQueue<Guest> arrived = new LinkedBlockingQueue<>();
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final List<String> debts = new CopyOnWriteArrayList<>();
    volatile @Nullable FakeRecord record;
    volatile boolean debtsCannotBeNoted;
    volatile Duration patience = Duration.ofMinutes(5);
    final AtomicInteger waitingGuestFails = new AtomicInteger();
    MigrationEngine engine;

    private final Path directory;

    PostcopyHost(String name) throws IOException {
        this.name = name;
        this.directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-engine-test");
        this.hypervisor = new SyntheticHypervisor(directory, WORKLOAD);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.address = new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
        }
        this.engine = open();
    }

    private MigrationEngine open() throws IOException {
        return MigrationEngine.open(
                new MigrationEngine.Settings(name, address, null, TcpConnection::look),
                this,
                new SimpleMeterRegistry());
    }

    void restartEngine() throws IOException {
        engine.close();
        engine = open();
    }

    SyntheticGuest runningGuest() throws IOException {
        SyntheticGuest guest = hypervisor.create(SPEC);
        guest.resume();
        return guest;
    }

    /// Moves a guest to where another host's engine is reached.
    MigrationRequest request(SyntheticGuest guest, PostcopyHost to, InetSocketAddress reachedAt, long bandwidth) {
        FakeRecord owner = new FakeRecord(name, to.name);
        record = owner;
        to.record = owner;
        return new MigrationRequest(
                UUID.randomUUID(),
                guest,
                hypervisor.capabilities(),
                name,
                to.name,
                reachedAt,
                new MigrationPolicy(1, bandwidth, 60_000, 30, 2, false).withWhenSlow(POST_COPY),
                owner.gateOf(name),
                this);
    }

    SyntheticGuest nextGuest() throws InterruptedException {
        Guest guest = arrived.poll(30, TimeUnit.SECONDS);
        if (guest == null) {
            throw new AssertionError("No guest arrived at " + name + ": " + events);
        }
        return (SyntheticGuest) guest;
    }

    /// Waits for what [IncomingGuests.Incoming] is told of pages that come late.
    void awaitEvent(String prefix) throws InterruptedException {
        String event = events.poll(60, TimeUnit.SECONDS);
        if (event == null || !event.startsWith(prefix)) {
            throw new AssertionError("Expected " + prefix + " but got " + event);
        }
    }

    /// A guest as the next agent finds it.
    WaitingGuest waiting(Guest guest) {
        return new WaitingGuest() {
            @Override
            public String name() {
                return guest.spec().name();
            }

            @Override
            public GuestMemory memory() {
                return guest.memory();
            }

            @Override
            public MissingPages missingPages() throws HypervisorException {
                return guest.missingPages();
            }

            @Override
            public boolean gone() {
                if (waitingGuestFails.getAndDecrement() > 0) {
                    throw new IllegalStateException("its process cannot be looked at");
                }
                return guest.gone().isDone();
            }

            @Override
            public void arrived() {
                events.add("arrived");
            }

            @Override
            public void lost(String reason) {
                events.add("lost: " + reason);
            }
        };
    }

    private Incoming incoming(Guest guest) {
        FakeRecord owner = record;
        if (owner == null) {
            throw new IllegalStateException("No record");
        }
        return new Arrival(guest, owner.gateOf(name));
    }

    @Override
    public List<String> blockers(Offer offer) {
        return hypervisor.blockers(offer.spec());
    }

    @Override
    public Duration latePagesTimeout() {
        return patience;
    }

    @Override
    public Incoming prepare(Offer offer) throws IOException {
        return incoming(hypervisor.prepareIncoming(offer.spec()));
    }

    @Override
    public long owe(Debt debt) throws IOException {
        if (debtsCannotBeNoted) {
            throw new IOException("The disk is full");
        }
        debts.add("owes " + debt.targetHost());
        return Objects.requireNonNull(record).epoch() + 1;
    }

    @Override
    public void paid() {
        debts.add("paid");
    }

    @Override
    public void close() throws IOException {
        engine.close();
        for (String left : hypervisor.present()) {
            hypervisor.crash(left);
            hypervisor.cleanUp(left);
        }
        Files.delete(directory);
    }

    private final class Arrival implements Incoming {
        private final Guest guest;
        private final SwitchoverGate gate;

        Arrival(Guest guest, SwitchoverGate gate) {
            this.guest = guest;
            this.gate = gate;
        }

        @Override
        public Guest guest() {
            return guest;
        }

        @Override
        public SwitchoverGate gate() {
            return gate;
        }

        @Override
        public void leavesPages(UUID migration, String sourceHost) {
            events.add("leaves pages at " + sourceHost);
        }

        @Override
        public void complete(boolean paused) {}

        @Override
        public void committed() {}

        @Override
        public void taken(long epoch, boolean paused, String resumeFailure) {
            arrived.add(guest);
        }

        @Override
        public void pagesArrived() {
            events.add("arrived");
        }

        @Override
        public void pagesLost(String reason) {
            events.add("lost: " + reason);
        }

        @Override
        public void discarded(String reason) {
            events.add("discarded: " + reason);
            guest.close();
        }
    }
}
