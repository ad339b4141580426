package io.godwit.agent.testing;

import io.godwit.migration.Adjustment;
import io.godwit.migration.IncomingGuests;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.PagesOwed;
import io.godwit.migration.Slowness;
import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.WaitingGuest;
import io.godwit.shim.DeviceState;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/// Moves guests without memory between agents of one process: the phases of a migration in their order, and
/// nothing else. A test can hold it before the handover.
public final class LoopbackEngine implements MigrationEngine {
    private static final Map<Integer, IncomingGuests> LISTENERS = new ConcurrentHashMap<>();
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final int port;
    private volatile CountDownLatch hold = new CountDownLatch(0);

    public LoopbackEngine(int port, IncomingGuests incoming) {
        this.port = port;
        LISTENERS.put(port, incoming);
    }

    /// Keeps migrations that begin from now on before their handover, until [#release] or their cancellation.
    public void hold() {
        hold = new CountDownLatch(1);
    }

    public void release() {
        hold.countDown();
    }

    @Override
    public Migration start(MigrationRequest request) {
        Move move = new Move(request, hold);
        Thread.ofVirtual().name("loopback-migration").start(move);
        return move;
    }

    @Override
    public List<String> preflight(MigrationRequest request) throws IOException {
        return target(request).blockers(offer(request));
    }

    @Override
    public CompletableFuture<PagesOwed.Outcome> servePages(
            PagesOwed.Debt debt, long epoch, GuestMemory memory, SwitchoverGate gate) {
        throw withoutMemory();
    }

    @Override
    public void awaitPages(UUID migration, String sourceHost, WaitingGuest guest) {
        throw withoutMemory();
    }

    @Override
    public void tellPagesLost(PagesOwed.Debt debt, String reason) {
        throw withoutMemory();
    }

    private static IllegalStateException withoutMemory() {
        return new IllegalStateException("Guests of this engine have no memory that could come late");
    }

    @Override
    public Optional<InetSocketAddress> address() {
        return Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    @Override
    public void close() {
        LISTENERS.remove(port);
    }

    private static IncomingGuests target(MigrationRequest request) throws IOException {
        IncomingGuests incoming = LISTENERS.get(request.target().getPort());
        if (incoming == null) {
            throw new ConnectException("Nobody listens at " + request.target());
        }
        return incoming;
    }

    private static IncomingGuests.Offer offer(MigrationRequest request) {
        return new IncomingGuests.Offer(
                request.id(),
                request.sourceHost(),
                request.guest().spec(),
                request.hypervisor().version(),
                request.hypervisor().accelerator(),
                List.of());
    }

    private static final class Move implements Migration, Runnable {
        private final MigrationRequest request;
        private final CountDownLatch held;
        private final CompletableFuture<MigrationReport> report = new CompletableFuture<>();
        private final CompletableFuture<String> cancelled = new CompletableFuture<>();
        private volatile Phase phase = Phase.PREFLIGHT;
        private volatile MigrationPolicy adjusted;

        Move(MigrationRequest request, CountDownLatch held) {
            this.request = request;
            this.adjusted = request.policy();
            this.held = held;
        }

        @Override
        public void run() {
            try {
                report.complete(move());
            } catch (IOException | InterruptedException e) {
                report.complete(report(Result.FAILED, 0, String.valueOf(e.getMessage())));
            }
        }

        private MigrationReport move() throws IOException, InterruptedException {
            IncomingGuests target = target(request);
            List<String> blockers = target.blockers(offer(request));
            if (!blockers.isEmpty()) {
                return report(Result.FAILED, 0, String.join("\n", blockers));
            }
            boolean paused = request.guest().state() == RunState.PAUSED;
            phase = Phase.PREPARE;
            IncomingGuests.Incoming incoming = target.prepare(offer(request));
            phase = Phase.ROUNDS;
            held.await();
            if (cancelled.isDone()) {
                return giveUp(incoming, Result.CANCELLED, cancelled.join());
            }
            try {
                phase = Phase.HANDOVER;
                request.gate().beginHandover();
            } catch (SwitchoverGate.GateClosed e) {
                return giveUp(incoming, Result.FAILED, String.valueOf(e.getMessage()));
            }
            phase = Phase.SWITCHOVER;
            request.guest().pause();
            incoming.guest().loadDeviceState(new DeviceState(new byte[1]));
            incoming.complete(paused);
            return commit(incoming, paused);
        }

        private MigrationReport commit(IncomingGuests.Incoming incoming, boolean paused)
                throws IOException, InterruptedException {
            phase = Phase.COMMIT;
            return switch (incoming.gate().commit()) {
                case SwitchoverGate.Verdict.RunElsewhere _ -> {
                    request.guest().resume();
                    yield giveUp(incoming, Result.FAILED, "The record says no");
                }
                case SwitchoverGate.Verdict.RunHere here -> {
                    incoming.committed();
                    String failure = "";
                    try {
                        if (!paused) {
                            incoming.guest().resume();
                        }
                    } catch (HypervisorException e) {
                        failure = String.valueOf(e.getMessage());
                    }
                    incoming.taken(here.epoch(), paused, failure);
                    request.guest().destroy(TIMEOUT);
                    phase = Phase.DONE;
                    yield report(Result.COMPLETED, here.epoch(), "The guest moved");
                }
            };
        }

        private MigrationReport giveUp(IncomingGuests.Incoming incoming, Result result, String reason)
                throws IOException {
            incoming.guest().destroy(TIMEOUT);
            incoming.discarded(reason);
            return report(result, 0, reason);
        }

        private MigrationReport report(Result result, long epoch, String reason) {
            MigrationPolicy policy = adjusted;
            return new MigrationReport(
                    request.id(),
                    request.guest().spec().name(),
                    request.sourceHost(),
                    request.targetHost(),
                    epoch,
                    result,
                    reason,
                    1,
                    1,
                    policy.downtimeBudgetMs(),
                    List.of(),
                    request.guest().spec().memoryBytes(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    MigrationReport.Switchover.NONE,
                    MigrationReport.ForwardedFrames.NONE,
                    List.of(),
                    Slowness.none(policy),
                    MigrationReport.LatePages.NONE);
        }

        @Override
        public UUID id() {
            return request.id();
        }

        @Override
        public MigrationProgress progress() {
            return new MigrationProgress(phase, 1, 0, 0, 0, 0, 0, -1, 0);
        }

        @Override
        public void adjust(Adjustment adjustment) {
            adjusted = adjustment.applyTo(adjusted);
        }

        @Override
        public void cancel(String reason) {
            cancelled.complete(reason);
            held.countDown();
        }

        @Override
        public CompletableFuture<MigrationReport> report() {
            return report;
        }
    }
}
