package io.godwit.chaos.run;

import io.godwit.chaos.faults.Injector;
import io.godwit.chaos.faults.PlannedFault;
import io.godwit.chaos.history.Event;
import io.godwit.chaos.lab.LabException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Carries out the faults of a round, each in its time, and tells of them. Whatever was made is undone, also when
/// the run is interrupted.
final class Round {
    private final Injector injector;
    private final Consumer<Event> events;

    Round(Injector injector, Consumer<Event> events) {
        this.injector = injector;
        this.events = events;
    }

    /// Returns once all of them are undone.
    void run(List<PlannedFault> faults) throws InterruptedException {
        long beginNs = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (PlannedFault fault : faults) {
            threads.add(Thread.ofVirtual().name("fault-" + fault.number()).start(() -> run(fault, beginNs)));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            threads.forEach(Thread::interrupt);
            for (Thread thread : threads) {
                thread.join(TimeUnit.SECONDS.toMillis(10));
            }
            throw e;
        }
    }

    private void run(PlannedFault fault, long beginNs) {
        try {
            sleepUntil(beginNs + TimeUnit.MILLISECONDS.toNanos(fault.startMs()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        events.accept(new Event.FaultBegun(
                System.nanoTime(), fault.number(), fault.kind().name(), fault.words()));
        String failure = makeAndUndo(fault);
        events.accept(new Event.FaultEnded(System.nanoTime(), fault.number(), failure));
    }

    /// @return what went wrong with it; empty if nothing did
    private String makeAndUndo(PlannedFault fault) {
        try {
            Injector.Undo undo = injector.make(fault);
            try {
                sleepUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(fault.holdMs()));
            } finally {
                undo.run();
            }
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "the run was interrupted";
        } catch (LabException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void sleepUntil(long ns) throws InterruptedException {
        long restNs = ns - System.nanoTime();
        if (restNs > 0) {
            TimeUnit.NANOSECONDS.sleep(restNs);
        }
    }
}
