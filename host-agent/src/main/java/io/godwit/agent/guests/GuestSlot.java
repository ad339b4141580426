package io.godwit.agent.guests;

import java.util.concurrent.locks.ReentrantLock;

/// One name in the [GuestTable].
///
/// Whoever changes the guest holds [#operation] meanwhile, so operations on one guest never overlap, and those
/// on different guests never wait for each other. The state can be read at any time.
public final class GuestSlot {
    private final String name;
    private final long memoryBytes;
    private final int vcpus;
    private final ReentrantLock operation = new ReentrantLock();
    private volatile SlotState state;
    private volatile boolean removed;
    private volatile boolean destroying;

    GuestSlot(String name, long memoryBytes, int vcpus, SlotState state) {
        this.name = name;
        this.memoryBytes = memoryBytes;
        this.vcpus = vcpus;
        this.state = state;
    }

    public String name() {
        return name;
    }

    /// RAM that the name takes out of the host's limit; 0 if only a record is being settled.
    public long memoryBytes() {
        return memoryBytes;
    }

    public int vcpus() {
        return vcpus;
    }

    public SlotState state() {
        return state;
    }

    /// Whether the name is free again; a slot never comes back.
    public boolean removed() {
        return removed;
    }

    ReentrantLock operation() {
        return operation;
    }

    /// Whether the operator wants the guest gone, so that its end is no crash.
    boolean destroying() {
        return destroying;
    }

    void markDestroying() {
        destroying = true;
    }

    void become(SlotState next) {
        state = next;
    }

    void markRemoved() {
        removed = true;
    }
}
