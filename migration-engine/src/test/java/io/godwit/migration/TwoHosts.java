package io.godwit.migration;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.RunState;
import io.godwit.shim.linux.TcpConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Two engines on loopback, one guest at the source, and everything a test wants to see or break.
final class TwoHosts implements AutoCloseable {
    static final String SOURCE = "host-a";
    static final String TARGET = "host-b";

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final FakeRecord record = new FakeRecord(SOURCE, TARGET);
    final FakeGuest sourceGuest;
    final FakeGuest targetGuest;
    final TargetAgent agent = new TargetAgent();
    final InetSocketAddress listen;
    final MigrationEngine source;
    final MigrationEngine target;

    /// Where the source believes the target to be: a proxy may stand there.
    InetSocketAddress reachedAt;

    TwoHosts(long... regionPages) throws IOException {
        this(null, null, regionPages);
    }

    TwoHosts(MigrationEngine.@Nullable Tls sourceTls, MigrationEngine.@Nullable Tls targetTls, long... regionPages)
            throws IOException {
        long pages = Arrays.stream(regionPages).sum();
        GuestSpec spec = spec(pages * GuestMemory.PAGE_BYTES);
        sourceGuest = new FakeGuest(spec, new FakeMemory(regionPages), RunState.RUNNING);
        targetGuest = new FakeGuest(spec, new FakeMemory(regionPages), RunState.INCOMING);
        listen = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
        reachedAt = listen;
        target = MigrationEngine.open(
                new MigrationEngine.Settings(TARGET, listen, targetTls, TcpConnection::look), agent, meters);
        source = MigrationEngine.open(
                new MigrationEngine.Settings(SOURCE, null, sourceTls, TcpConnection::look), agent, meters);
    }

    static GuestSpec spec(long memoryBytes) {
        long rounded = Math.max(GuestSpec.MEMORY_BYTES_MIN, (memoryBytes + (2 << 20) - 1) / (2 << 20) * (2 << 20));
        return new GuestSpec(
                "guest1",
                new UUID(1, 2),
                rounded,
                2,
                "pc-q35-7.2",
                "qemu64",
                null,
                List.of(),
                List.of(),
                GuestSpec.OnEvent.DESTROY,
                GuestSpec.OnEvent.RESTART,
                GuestSpec.OnEvent.PRESERVE);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static MigrationPolicy policy(UnaryOperator<PolicyEdit> edit) {
        return edit.apply(new PolicyEdit(2_000, 0, 60_000, 30, 2, false, WhenSlow.DEFAULT.withAnswer(OnSlow.ABORT)))
                .build();
    }

    record PolicyEdit(
            long budgetMs,
            long bandwidth,
            long timeoutMs,
            int rounds,
            int connections,
            boolean verify,
            WhenSlow whenSlow) {
        MigrationPolicy build() {
            return new MigrationPolicy(
                    budgetMs, bandwidth, timeoutMs, rounds, connections, verify, whenSlow, true, PagePolicy.DEFAULT);
        }

        PolicyEdit withWhenSlow(WhenSlow other) {
            return new PolicyEdit(budgetMs, bandwidth, timeoutMs, rounds, connections, verify, other);
        }

        PolicyEdit withVerify() {
            return new PolicyEdit(budgetMs, bandwidth, timeoutMs, rounds, connections, true, whenSlow);
        }

        PolicyEdit withBandwidth(long bytesPerSecond) {
            return new PolicyEdit(budgetMs, bytesPerSecond, timeoutMs, rounds, connections, verify, whenSlow);
        }

        PolicyEdit withConnections(int count) {
            return new PolicyEdit(budgetMs, bandwidth, timeoutMs, rounds, count, verify, whenSlow);
        }

        PolicyEdit withBudgetMs(long ms) {
            return new PolicyEdit(ms, bandwidth, timeoutMs, rounds, connections, verify, whenSlow);
        }

        PolicyEdit withRounds(int max) {
            return new PolicyEdit(budgetMs, bandwidth, timeoutMs, max, connections, verify, whenSlow);
        }

        PolicyEdit withTimeoutMs(long ms) {
            return new PolicyEdit(budgetMs, bandwidth, ms, rounds, connections, verify, whenSlow);
        }
    }

    MigrationRequest request(MigrationPolicy policy) {
        return new MigrationRequest(
                UUID.randomUUID(),
                sourceGuest,
                new Hypervisor.Capabilities(
                        "FAKE 1", List.of("pc-q35-7.2"), List.of("qemu64"), "none", "pc-q35-7.2", "qemu64"),
                SOURCE,
                TARGET,
                reachedAt,
                policy,
                record.gateOf(SOURCE));
    }

    Migration start(UnaryOperator<PolicyEdit> edit) {
        return source.start(request(policy(edit)));
    }

    MigrationReport migrate(UnaryOperator<PolicyEdit> edit) throws Exception {
        return start(edit).report().get(60, TimeUnit.SECONDS);
    }

    /// Every page gets some content, of all kinds, before anything moves.
    void fillSource() {
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        java.util.Random random = new java.util.Random(42);
        for (long number = 0; number < sourceGuest.ram().pageCount(); number++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    continue;
                }
                case 1 -> Arrays.fill(page, (byte) 0);
                case 2 -> Arrays.fill(page, (byte) number);
                default -> random.nextBytes(page);
            }
            sourceGuest.touch(number, page);
        }
    }

    @Override
    public void close() {
        source.close();
        target.close();
        sourceGuest.close();
        targetGuest.close();
    }

    /// What the target agent is told and answers.
    final class TargetAgent implements IncomingGuests {
        final List<String> events = new ArrayList<>();
        volatile List<String> blockers = List.of();
        volatile @Nullable String prepareFailure;
        volatile Runnable whenPreparing = () -> {};

        private synchronized void happened(String event) {
            events.add(event);
        }

        synchronized List<String> events() {
            return List.copyOf(events);
        }

        @Override
        public List<String> blockers(Offer offer) {
            return blockers;
        }

        @Override
        public Incoming prepare(Offer offer) throws IOException {
            whenPreparing.run();
            String failure = prepareFailure;
            if (failure != null) {
                throw new IOException(failure);
            }
            happened("prepared");
            return new Incoming() {
                @Override
                public Guest guest() {
                    return targetGuest;
                }

                @Override
                public SwitchoverGate gate() {
                    return record.gateOf(TARGET);
                }

                @Override
                public void complete(boolean paused) {}

                @Override
                public void committed() {}

                @Override
                public void taken(long epoch, boolean paused, String resumeFailure) {
                    happened("taken " + epoch + (paused ? " paused" : "") + resumeFailure);
                }

                @Override
                public void discarded(String reason) {
                    happened("discarded");
                }
            };
        }
    }
}
