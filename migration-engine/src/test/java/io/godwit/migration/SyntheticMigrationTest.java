package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.RunState;
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
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Guests on real shared memory, moved there and back while they write, and checked page by page by themselves.
@Timeout(120)
class SyntheticMigrationTest {
    private static final SyntheticWorkload WORKLOAD = new SyntheticWorkload(30 << 20, 12 << 20, 40 << 20, 0.5, 99);

    private static final GuestSpec SPEC = new GuestSpec(
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

    /// An engine and a hypervisor; guests that arrive are handed out.
    private static final class Host implements IncomingGuests, AutoCloseable {
        final String name;
        final Path directory;
        final SyntheticHypervisor hypervisor;
        final InetSocketAddress address;
        final MigrationEngine engine;
        final BlockingQueue<Guest> arrived = new LinkedBlockingQueue<>();
        volatile @Nullable FakeRecord record;

        Host(String name) throws IOException {
            this.name = name;
            this.directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-engine-test");
            this.hypervisor = new SyntheticHypervisor(directory, WORKLOAD);
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                this.address = new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
            }
            this.engine = MigrationEngine.open(
                    new MigrationEngine.Settings(name, address, null, TcpConnection::look),
                    this,
                    new SimpleMeterRegistry());
        }

        @Override
        public List<String> blockers(Offer offer) {
            return hypervisor.blockers(offer.spec());
        }

        @Override
        public Incoming prepare(Offer offer) throws IOException {
            Guest guest = hypervisor.prepareIncoming(offer.spec());
            FakeRecord owner = record;
            if (owner == null) {
                throw new IOException("No record");
            }
            return new Incoming() {
                @Override
                public Guest guest() {
                    return guest;
                }

                @Override
                public SwitchoverGate gate() {
                    return owner.gateOf(name);
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
                public void discarded(String reason) {
                    guest.close();
                }
            };
        }

        @Override
        public void close() throws IOException {
            engine.close();
            Files.delete(directory);
        }
    }

    private static SyntheticGuest move(SyntheticGuest guest, Host from, Host to, int connections) throws Exception {
        FakeRecord record = new FakeRecord(from.name, to.name);
        to.record = record;
        long before = guest.pagesWritten();
        MigrationReport report = from.engine
                .start(new MigrationRequest(
                        UUID.randomUUID(),
                        guest,
                        from.hypervisor.capabilities(),
                        from.name,
                        to.name,
                        to.address,
                        new MigrationPolicy(1_000, 0, 60_000, 30, connections, true),
                        record.gateOf(from.name)))
                .report()
                .get(60, TimeUnit.SECONDS);
        assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
        guest.close();
        SyntheticGuest moved = (SyntheticGuest) to.arrived.poll(10, TimeUnit.SECONDS);
        assertThat(moved).isNotNull();
        assertThat(moved.state()).isEqualTo(RunState.RUNNING);
        await().atMost(Duration.ofSeconds(20)).until(() -> moved.pagesWritten() > before + 100);
        assertThat(moved.wrongPages(5)).isEmpty();
        assertThat(from.hypervisor.present()).isEmpty();
        return moved;
    }

    @Test
    void memoryIsTrueAfterGoingThereAndBack() throws Exception {
        try (Host a = new Host("host-a");
                Host b = new Host("host-b")) {
            SyntheticGuest guest = a.hypervisor.create(SPEC);
            guest.resume();
            for (int i = 0; i < 3; i++) {
                guest = move(guest, a, b, 2);
                guest = move(guest, b, a, 1);
            }
            guest.destroy(Duration.ofSeconds(5));
            guest.close();
        }
    }
}
