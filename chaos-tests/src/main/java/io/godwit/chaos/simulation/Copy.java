package io.godwit.chaos.simulation;

import io.godwit.storage.fencing.Grant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
    private final List<Runnable> whenGoesOn = new ArrayList<>();
    private final int number;
    private @Nullable Grant grant;
    private State state;
    private boolean stopped;
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
        this.number = world.nextProcess();
        guest.copies().add(this);
        host.copies().put(guest, this);
    }

    SimulatedHost host() {
        return host;
    }

    SimulatedGuest guest() {
        return guest;
    }

    /// Its process identifier.
    int number() {
        return number;
    }

    /// The export of the image server through which it reaches its image.
    ///
    /// @return null if it was started with none
    @Nullable
    Grant grant() {
        return grant;
    }

    void attach(Grant through) {
        grant = through;
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

    /// A stopped process does not execute. A host that stands still could go on at any moment, and only a lease
    /// keeps its guests from executing then.
    boolean executes() {
        return state == State.RUNNING && !stopped && !(world.setting().leaseEnforced() && host.frozen());
    }

    /// Whether no rule of this run lets it execute where it must not: neither the moment after its host stood still
    /// counts, nor clocks that are further off than a lease allows.
    boolean answersFor() {
        return executes() && !host.unwatched() && !world.setting().onlyFenced();
    }

    boolean canWrite() {
        return guest.image().canWrite(this);
    }

    boolean isWriting() {
        return writesUnderWay > 0;
    }

    /// The guard stops the process, whatever it is doing. It hears nothing until it goes on.
    void stop() {
        if (!stopped && state != State.GONE) {
            note("stopped");
            stopped = true;
        }
    }

    void goOn() {
        if (stopped) {
            note("goes on");
            stopped = false;
            hearWhatWaits();
            if (state == State.RUNNING) {
                runs++;
                step(runs);
            }
        }
    }

    private void hearWhatWaits() {
        List<Runnable> waiting = List.copyOf(whenGoesOn);
        whenGoesOn.clear();
        // In the order in which they came: they waited in one socket.
        waiting.forEach(Runnable::run);
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
                    guest.image().started(this);
                    if (memory.equals(Memory.NONE)) {
                        memory = guest.newLife();
                    }
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

    /// Ends a process that nobody has let run: nothing is lost with it.
    void discard(Runnable answer) {
        if (memory.steps() == 0) {
            guest.died(this);
        }
        destroy(answer);
    }

    /// Its operator wants no more of it.
    void shutDown(Runnable answer) {
        guest.died(this);
        destroy(answer);
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
        stopped = false;
        hearWhatWaits();
        // The kernel lets a process go only when its requests to the storage have ended.
        drained(() -> {
            guest.image().close(this);
            guest.copies().remove(this);
            host.copies().remove(guest, this);
            answer.run();
        });
    }

    private void command(Runnable action) {
        host.local(world.dice().spread(50, 2 * Scheduler.MS), () -> {
            if (stopped) {
                whenGoesOn.add(action);
            } else {
                action.run();
            }
        });
    }

    private void step(int run) {
        if (state != State.RUNNING || stopped || run != runs) {
            return;
        }
        memory = new Memory(memory.life(), memory.steps() + 1, memory.written());
        guest.stepped(memory);
        if (writesUnderWay == 0) {
            write(memory.written() + 1);
        }
        host.local(world.trouble().over() ? SLOW_STEP_MICROS : STEP_MICROS, () -> step(run));
    }

    private void write(long record) {
        writesUnderWay++;
        guest.image().write(this, record, written -> {
            if (written) {
                memory = new Memory(memory.life(), memory.steps(), record);
                if (state != State.GONE) {
                    guest.acknowledged(record);
                }
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
