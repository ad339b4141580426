package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A QEMU process: executes the guest, and does what it is told, one after the other, unless it is dead. It lives on
/// when its agent dies.
final class Copy {
    private static final long STEP_MICROS = 15 * Scheduler.MS;
    private static final long SLOW_STEP_MICROS = 200 * Scheduler.MS;

    enum State {
        /// Waits for a memory.
        INCOMING,
        PAUSED,
        RUNNING,
        GONE
    }

    private final World world;
    private final SimulatedHost host;
    private final SimulatedGuest guest;
    private final List<Runnable> whenDrained = new ArrayList<>();
    private State state;
    private Memory memory;
    private long epoch;
    private int runs;
    private int writesUnderWay;

    Copy(World world, SimulatedHost host, SimulatedGuest guest, State state, Memory memory) {
        this.world = world;
        this.host = host;
        this.guest = guest;
        this.state = state;
        this.memory = memory;
        guest.copies().add(this);
        host.copies().put(guest, this);
    }

    SimulatedHost host() {
        return host;
    }

    SimulatedGuest guest() {
        return guest;
    }

    State state() {
        return state;
    }

    Memory memory() {
        return memory;
    }

    /// In which its agent last let it run.
    long epoch() {
        return epoch;
    }

    boolean executes() {
        return state == State.RUNNING;
    }

    boolean canWrite() {
        return executes() || writesUnderWay > 0;
    }

    /// Stops the guest, and answers when all its writes have ended.
    ///
    /// @param answer whether the guest is paused
    void pause(Consumer<Boolean> answer) {
        command(() -> {
            if (state == State.RUNNING) {
                note("paused");
                state = State.PAUSED;
            }
            Runnable paused = () -> answer.accept(state == State.PAUSED);
            if (world.bug() == PlantedBug.PAUSE_LEAVES_WRITES) {
                paused.run();
            } else {
                drained(paused);
            }
        });
    }

    /// Takes the memory of a paused guest, and lets go of the image.
    void save(Consumer<Memory> answer, Runnable dead) {
        command(() -> {
            if (state == State.GONE) {
                dead.run();
                return;
            }
            guest.image().close(this);
            answer.accept(memory);
        });
    }

    /// @param answer whether the memory is in
    void load(Memory arrived, Consumer<Boolean> answer) {
        command(() -> {
            if (state == State.INCOMING) {
                memory = arrived;
                state = State.PAUSED;
            }
            answer.accept(state == State.PAUSED);
        });
    }

    /// @param answer whether the guest runs
    void resume(long inEpoch, Consumer<Boolean> answer) {
        command(() -> {
            if (state == State.PAUSED) {
                epoch = inEpoch;
                if (guest.image().open(this)) {
                    state = State.RUNNING;
                    note("runs");
                    runs++;
                    step(runs);
                } else {
                    note("locked out");
                }
            }
            answer.accept(state == State.RUNNING);
        });
    }

    /// Ends the process on purpose.
    void destroy(Runnable answer) {
        command(() -> {
            if (state != State.GONE) {
                note("destroyed");
            }
            end(answer);
        });
    }

    /// An accident.
    void die() {
        if (state != State.GONE) {
            note("dies");
            guest.died(this);
            end(() -> {});
        }
    }

    private void end(Runnable answer) {
        state = State.GONE;
        // The kernel lets a process go only when its requests to the storage have ended.
        drained(() -> {
            guest.image().close(this);
            guest.copies().remove(this);
            host.copies().remove(guest, this);
            answer.run();
        });
    }

    private void command(Runnable action) {
        host.local(world.dice().spread(50, 2 * Scheduler.MS), action);
    }

    private void step(int run) {
        if (state != State.RUNNING || run != runs) {
            return;
        }
        memory = new Memory(memory.life(), memory.steps() + 1, memory.written());
        guest.stepped(memory);
        if (writesUnderWay == 0) {
            write(memory.written() + 1);
        }
        host.local(world.trouble().over() ? SLOW_STEP_MICROS : STEP_MICROS, () -> step(run));
    }

    private void write(long number) {
        writesUnderWay++;
        long writtenIn = epoch;
        world.clock().after(world.trouble().writeDelay(), () -> {
            guest.image().land(host.name(), writtenIn, number);
            memory = new Memory(memory.life(), memory.steps(), number);
            if (state != State.GONE) {
                guest.acknowledged(number);
            }
            writesUnderWay--;
            if (writesUnderWay == 0) {
                List<Runnable> waiting = List.copyOf(whenDrained);
                whenDrained.clear();
                waiting.forEach(Runnable::run);
            }
        });
    }

    private void drained(Runnable action) {
        if (writesUnderWay == 0) {
            action.run();
        } else {
            whenDrained.add(action);
        }
    }

    private void note(String what) {
        world.trace().note(host.name(), guest.name(), what, epoch, "epoch " + epoch + ", " + memory);
    }
}
