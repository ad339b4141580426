package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An agent's session, and its host's record: made at the start, and again with every new session.
final class Announcement {
    private static final long RETRY_MICROS = 200 * Scheduler.MS;

    private final World world;
    private final Agent agent;
    private @Nullable Session session;
    private final List<Runnable> waiting = new ArrayList<>();
    private int attempts;
    private long takeoverWaitMs;
    private boolean connecting;

    Announcement(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    /// @param done called when the host's record stands
    void begin(long waitMs, Runnable done) {
        takeoverWaitMs = waitMs;
        waiting.add(done);
        connect();
    }

    Session session() {
        if (session == null) {
            throw new IllegalStateException(agent.name() + " asks ZooKeeper before it is connected");
        }
        return session;
    }

    /// What the record says of the lease from now on, once it is written.
    void change(long waitMs, Runnable done) {
        takeoverWaitMs = waitMs;
        waiting.add(done);
        if (!connecting) {
            announce();
        }
    }

    /// The client has learnt that its session is no more.
    void onEnded(Session which) {
        agent.deliver(() -> {
            if (which.equals(session) && !connecting) {
                connect();
            }
        });
    }

    private void connect() {
        connecting = true;
        world.keeper()
                .connect(
                        agent,
                        opened -> agent.deliver(() -> {
                            if (connecting) {
                                connecting = false;
                                session = opened;
                                announce();
                            }
                        }));
        agent.later(world.trouble().patience(), () -> {
            if (connecting) {
                connect();
            }
        });
    }

    private void announce() {
        int number = ++attempts;
        world.keeper()
                .ask(
                        agent,
                        "",
                        "host's record",
                        _ -> world.keeper().hosts().stale(agent.host()).version(),
                        version -> write(number, version),
                        () -> again(number));
    }

    /// Compares the version that was read: a straying older announcement must not undo a newer one.
    private void write(int number, int version) {
        if (number != attempts) {
            return;
        }
        long waitMs = takeoverWaitMs;
        world.keeper()
                .ask(
                        agent,
                        "",
                        "announce",
                        asking -> world.keeper().hosts().announce(asking, version, waitMs),
                        announced -> {
                            if (announced && number == attempts) {
                                agent.announced();
                                List<Runnable> done = List.copyOf(waiting);
                                waiting.clear();
                                done.forEach(Runnable::run);
                            } else {
                                again(number);
                            }
                        },
                        () -> again(number));
    }

    private void again(int number) {
        agent.later(RETRY_MICROS, () -> {
            if (number == attempts && !connecting) {
                announce();
            }
        });
    }
}
