package io.godwit.agent.failover;

import io.godwit.agent.api.TakeoverRequest;
import io.godwit.agent.guests.HostContext;
import io.godwit.storage.Debt;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.failover.ClusterView;
import io.godwit.storage.failover.Failover;
import io.godwit.storage.failover.FailoverAction;
import io.godwit.storage.failover.FailoverEvent;
import io.godwit.storage.failover.FailoverLimits;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Every agent runs one; that which has the seat works. It carries out what [Failover] decides: reads the records,
/// asks hosts to start guests, and notes for the operator what cannot be done.
///
/// The seat only spares the others the work. A coordinator that has lost it, or was suspended, and goes on working
/// does no harm: hosts that are asked write to the records, and those decide.
public final class Coordinator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
    private static final long POLL_MS = 500;
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final HostContext host;
    private final Rescuers rescuers;
    private final ClusterReader reader;
    private final CoordinatorMeters meters;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private Failover failover = new Failover(FailoverLimits.DEFAULT);
    private boolean leads;

    /// @param asker  the [Failover] that wanted it asked: one that came after knows nothing of it
    private record Answer(Failover asker, FailoverEvent.Answered event) {}

    private Coordinator(HostContext host, Rescuers rescuers, Predicate<Set<String>> fenced, MeterRegistry registry) {
        this.host = host;
        this.rescuers = rescuers;
        this.reader = new ClusterReader(host.ownership(), fenced);
        this.meters = new CoordinatorMeters(registry);
        this.thread = Thread.ofVirtual().name("godwit-coordinator").unstarted(this::run);
    }

    /// @param rescuers  how hosts are asked, this one among them
    /// @param fenced    whether all these images refuse their former owner once another has taken them
    public static Coordinator start(
            HostContext host, Rescuers rescuers, Predicate<Set<String>> fenced, MeterRegistry meters) {
        Coordinator coordinator = new Coordinator(host, rescuers, fenced, meters);
        coordinator.thread.start();
        return coordinator;
    }

    private void run() {
        try {
            do {
                try {
                    pass();
                } catch (OwnershipException e) {
                    LOG.debug("The coordinator cannot see the records: {}", e.getMessage());
                } catch (RuntimeException e) {
                    LOG.error("The coordinator has failed and goes on", e);
                }
            } while (!stopped.await(POLL_MS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass() throws OwnershipException, InterruptedException {
        // What is read below is read after these answers were given.
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            hear(answer);
        }
        if (!host.ownership().connected()) {
            return;
        }
        boolean seated = host.ownership().coordinates();
        if (seated != leads) {
            LOG.info(
                    seated ? "This host coordinates the cluster now" : "This host does not coordinate the cluster now");
            // Times that were measured before may have been measured by somebody who was not looking.
            failover = new Failover(FailoverLimits.DEFAULT);
            leads = seated;
            meters.leads(seated);
        }
        if (!seated) {
            return;
        }
        Optional<ClusterView> view = reader.read();
        if (view.isPresent()) {
            failover.on(new FailoverEvent.Observed(view.get()), nowMs()).forEach(this::perform);
            meters.underway(failover.underway());
        }
    }

    // There is one brain at a time, and an answer belongs to the very one that asked.
    @SuppressWarnings("ReferenceEquality")
    private void hear(Answer answer) {
        meters.answered(answer.event().error().isEmpty());
        if (answer.asker() == failover) {
            failover.on(answer.event(), nowMs()).forEach(this::perform);
        }
    }

    private void perform(FailoverAction action) {
        switch (action) {
            case FailoverAction.AskTakeover ask ->
                ask(ask.guest(), ask.host(), request(ask.dead(), ask.deadVersion(), ask.epoch(), ask.debt()));
            case FailoverAction.AskStart(String guest, String target, Debt debt) ->
                ask(guest, target, request("", 0, 0, debt));
            case FailoverAction.Note note -> inBackground(() -> note(note));
            case FailoverAction.Log(String guest, String reason) -> LOG.warn("Guest {}: {}", guest, reason);
        }
    }

    private static TakeoverRequest request(String dead, int deadVersion, long epoch, Debt debt) {
        return new TakeoverRequest(dead, deadVersion, epoch, debt.attempts(), debt.lastError());
    }

    private void ask(String guest, String target, TakeoverRequest request) {
        Failover asker = failover;
        inBackground(() -> {
            String error = "its agent stopped";
            try {
                Optional<HostEntry> entry = host.ownership().host(target);
                error = entry.isPresent()
                        ? rescuers.ask(entry.get(), guest, request)
                        : "host " + target + " has no record any more";
            } catch (OwnershipException e) {
                error = e.getMessage() == null ? "the records cannot be read" : e.getMessage();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                answers.add(new Answer(asker, new FailoverEvent.Answered(guest, target, error)));
            }
        });
    }

    private void note(FailoverAction.Note note) {
        try {
            host.ownership().owe(note.guest(), note.version(), note.debt());
            if (note.debt().abandoned()) {
                meters.givenUp();
            }
        } catch (OwnershipException e) {
            LOG.debug("What becomes of guest {} is not noted: {}", note.guest(), e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void inBackground(Runnable work) {
        try {
            host.threads().execute(work);
        } catch (RejectedExecutionException e) {
            LOG.debug("The agent stops, so another coordinator will see to it", e);
        }
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @Override
    public void close() {
        stopped.countDown();
        thread.interrupt();
        try {
            if (!thread.join(Duration.ofMillis(STOP_TIMEOUT_MS))) {
                LOG.warn("The coordinator did not end within {} ms", STOP_TIMEOUT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
