package io.godwit.chaos.run;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.ZooKeeperNode;
import io.godwit.chaos.workload.MemoryVerdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The phase in which everything works again: waits until all agents answer and every guest writes to its disk and
/// answers pings, and has each guest check its memory.
final class Settling {
    private static final long LOOK_MS = 300;
    /// A guest that did something within this time is up. Migrations go on meanwhile, and on a busy machine each
    /// costs a silence of its own.
    private static final long FRESH_NS = TimeUnit.SECONDS.toNanos(5);
    /// An operator waits and sees before acting.
    private static final long OPERATOR_NS = TimeUnit.SECONDS.toNanos(5);

    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(20);

    private final Lab lab;
    private final List<GuestFile> guests;
    private final ChaosSettings settings;
    private final Liveness liveness;
    private final Consumer<Event> events;

    Settling(Lab lab, List<GuestFile> guests, ChaosSettings settings, Liveness liveness, Consumer<Event> events) {
        this.lab = lab;
        this.guests = List.copyOf(guests);
        this.settings = settings;
        this.liveness = liveness;
        this.events = events;
    }

    /// @param last  whether nobody migrates any more, so that there must be one copy of each guest and no other
    /// @return whether all was as it should be within the time allowed
    boolean await(boolean last) throws InterruptedException {
        long sinceNs = System.nanoTime();
        long operatorAtNs = sinceNs + OPERATOR_NS;
        Set<String> answered = new HashSet<>();
        List<String> missing = missing(sinceNs, last, answered);
        while (!missing.isEmpty()
                && System.nanoTime() - sinceNs < settings.settle().toNanos()) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            if (settings.operator() && System.nanoTime() > operatorAtNs) {
                startStopped();
                operatorAtNs = System.nanoTime() + OPERATOR_NS;
            }
            missing = missing(sinceNs, last, answered);
        }
        if (missing.isEmpty()) {
            missing = checkMemory(sinceNs + settings.settle().toNanos());
        }
        events.accept(new Event.Settled(System.nanoTime(), sinceNs, String.join("; ", missing)));
        return missing.isEmpty();
    }

    /// @param answered  agents and servers that have answered once in this phase, and need not be asked again
    private List<String> missing(long sinceNs, boolean last, Set<String> answered) {
        List<String> missing = new ArrayList<>();
        long freshNs = Math.max(sinceNs, System.nanoTime() - FRESH_NS);
        for (GuestFile guest : guests) {
            if (!liveness.worksSince(guest.name(), freshNs)) {
                missing.add("guest " + guest.name() + " is not up; its record: "
                        + liveness.owner(guest.name()).map(Settling::words).orElse("none"));
            }
        }
        // The guests come first: who asks agents all the time keeps a small machine from starting them.
        if (missing.isEmpty()) {
            for (LabHost host : lab.hosts()) {
                if (!answered.contains(host.name()) && !host.agentAnswers()) {
                    missing.add("the agent of " + host.name() + " does not answer");
                } else {
                    answered.add(host.name());
                }
            }
            for (ZooKeeperNode server : lab.zookeeper().servers()) {
                String name = "ZooKeeper's server " + server.number();
                if (!answered.contains(name) && !server.serves()) {
                    missing.add(name + " does not serve");
                } else {
                    answered.add(name);
                }
            }
        }
        if (missing.isEmpty() && last) {
            int copies = lab.hosts().stream()
                    .mapToInt(host -> host.guestProcesses().size())
                    .sum();
            if (copies != guests.size()) {
                missing.add("there are " + copies + " QEMU processes for " + guests.size() + " guests");
            }
        }
        return missing;
    }

    private static String words(Event.OwnerSeen owner) {
        return owner.state() + " of " + owner.host() + " in epoch " + owner.epoch();
    }

    /// As an operator would whom a colleague calls because a guest is down.
    private void startStopped() {
        for (GuestFile guest : guests) {
            boolean stopped = liveness.owner(guest.name())
                    .filter(owner -> owner.state().equals("STOPPED"))
                    .isPresent();
            if (stopped) {
                lab.hosts().stream().filter(LabHost::agentAnswers).findFirst().ifPresent(host -> start(guest, host));
            }
        }
    }

    private void start(GuestFile guest, LabHost host) {
        try {
            Guests.create(lab, guest, host, CREATE_TIMEOUT);
            events.accept(new Event.OperatorActed(
                    System.nanoTime(), "Started guest " + guest.name() + " again on " + host.name()));
        } catch (LabException e) {
            events.accept(new Event.OperatorActed(
                    System.nanoTime(),
                    "Could not start guest " + guest.name() + " on " + host.name() + ": " + e.getMessage()));
        }
    }

    private List<String> checkMemory(long deadlineNs) throws InterruptedException {
        ConcurrentLinkedQueue<String> missing = new ConcurrentLinkedQueue<>();
        List<Thread> checks = new ArrayList<>();
        for (GuestFile guest : guests) {
            checks.add(Thread.ofVirtual().start(() -> checkMemory(guest, deadlineNs, missing)));
        }
        for (Thread check : checks) {
            check.join();
        }
        return List.copyOf(missing);
    }

    /// A guest that has booted a moment ago fills its memory before it listens.
    private void checkMemory(GuestFile guest, long deadlineNs, Collection<String> missing) {
        while (true) {
            try {
                MemoryVerdict verdict = lab.services(guest).checkMemory();
                events.accept(
                        new Event.MemoryChecked(System.nanoTime(), guest.name(), verdict.pages(), verdict.wrong()));
                return;
            } catch (LabException e) {
                if (System.nanoTime() > deadlineNs) {
                    missing.add("guest " + guest.name() + " does not answer a memory check");
                    return;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MS));
            }
        }
    }
}
