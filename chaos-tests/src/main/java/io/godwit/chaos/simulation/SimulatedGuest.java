package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;

/// A guest, and the truth about it that no host can see as a whole.
final class SimulatedGuest {
    private final String name;
    private final String address;
    private final boolean intruder;
    private final Image image;
    private final List<Copy> copies = new ArrayList<>();
    private int life;
    private long newestStep;
    private boolean lifeMayEnd = true;
    private long acknowledged;
    private boolean leftToOperator;

    /// @param intruder whether it claims an address that is another guest's, and so must never run
    SimulatedGuest(String name, String address, boolean intruder, Image image) {
        this.name = name;
        this.address = address;
        this.intruder = intruder;
        this.image = image;
    }

    String name() {
        return name;
    }

    String address() {
        return address;
    }

    boolean intruder() {
        return intruder;
    }

    /// Whether it is stopped because its operator has to see to it: what it was created for failed, or its memory was
    /// lost in a move.
    boolean leftToOperator() {
        return leftToOperator;
    }

    void leaveToOperator(boolean left) {
        leftToOperator = left;
    }

    Image image() {
        return image;
    }

    /// Every process of this guest on any host, dead ones too as long as something is left of them.
    List<Copy> copies() {
        return copies;
    }

    /// The guest boots.
    Memory newLife() {
        life++;
        newestStep = 0;
        lifeMayEnd = false;
        return new Memory(life, 0, image.content());
    }

    void stepped(Memory memory) {
        if (memory.life() == life) {
            newestStep = Math.max(newestStep, memory.steps());
        }
    }

    void acknowledged(long number) {
        acknowledged = Math.max(acknowledged, number);
    }

    /// An accident took a process: if it held the newest memory, that may be gone.
    void died(Copy copy) {
        if (isNewest(copy.memory())) {
            lifeMayEnd = true;
        }
    }

    boolean isNewest(Memory memory) {
        return memory.life() == life && memory.steps() >= newestStep;
    }

    /// Whether an accident excuses that this life's memory is nowhere any more.
    boolean lifeMayEnd() {
        return lifeMayEnd;
    }

    long acknowledged() {
        return acknowledged;
    }
}
