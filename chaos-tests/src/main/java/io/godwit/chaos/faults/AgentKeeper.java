package io.godwit.chaos.faults;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The service manager of all hosts: starts agents that have ended, unless a fault keeps them down.
public final class AgentKeeper implements AutoCloseable {
    private static final long INTERVAL_MS = 700;

    private final Lab lab;
    private final Consumer<Event> events;
    private final Set<Integer> suspended = new HashSet<>();
    private final Thread thread;

    private AgentKeeper(Lab lab, Consumer<Event> events) {
        this.lab = lab;
        this.events = events;
        this.thread = Thread.ofVirtual().name("agent-keeper").unstarted(this::keep);
    }

    public static AgentKeeper start(Lab lab, Consumer<Event> events) {
        AgentKeeper keeper = new AgentKeeper(lab, events);
        keeper.thread.start();
        return keeper;
    }

    /// From its return on the host's agent is not started.
    synchronized void suspend(LabHost host) {
        suspended.add(host.number());
    }

    /// The host's agent is started if it is down.
    synchronized void resume(LabHost host) {
        suspended.remove(host.number());
        launch(host);
    }

    private void keep() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
                launchAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void launchAll() {
        for (LabHost host : lab.hosts()) {
            try {
                launch(host);
            } catch (LabException e) {
                // The namespace is being emptied, or the machine is busy: the next round tries again.
            }
        }
    }

    private void launch(LabHost host) {
        if (!suspended.contains(host.number()) && !host.agentAlive()) {
            host.launchAgent();
            events.accept(new Event.AgentLaunched(System.nanoTime(), host.name()));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
