package io.godwit.shim.synthetic;

import io.godwit.shim.DeviceState;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// A hold on a guest of a [SyntheticHypervisor]. See there.
public final class SyntheticGuest implements Guest {
    private final SyntheticHypervisor hypervisor;
    private final SyntheticMachine machine;
    private final AtomicBoolean closed = new AtomicBoolean();

    SyntheticGuest(SyntheticHypervisor hypervisor, SyntheticMachine machine) {
        this.hypervisor = hypervisor;
        this.machine = machine;
        machine.hold();
    }

    @Override
    public GuestSpec spec() {
        return machine.spec();
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public RunState state() {
        return machine.state();
    }

    @Override
    public GuestMemory memory() {
        return machine.memory();
    }

    @Override
    public DirtyTracker track() throws HypervisorException {
        return machine.track();
    }

    @Override
    public MissingPages missingPages() throws HypervisorException {
        return machine.missingPages();
    }

    @Override
    public boolean missesPages() {
        return machine.missesPages();
    }

    @Override
    public void pause() throws HypervisorException {
        machine.pause();
    }

    @Override
    public void throttle(int percent) {
        Guest.checkThrottle(percent);
        machine.throttle(percent);
    }

    @Override
    public void resume() throws HypervisorException {
        machine.resume();
    }

    @Override
    public DeviceState saveDeviceState() throws HypervisorException {
        return machine.save();
    }

    @Override
    public void loadDeviceState(DeviceState state) throws HypervisorException {
        machine.load(state);
    }

    @Override
    public void becomeReachable() {
        // It has no network.
    }

    @Override
    public void announce() throws HypervisorException {
        hypervisor.announced();
    }

    /// Powers off at once.
    @Override
    public void requestShutdown() {
        if (machine.state() == RunState.RUNNING) {
            machine.end(EndReason.POWEROFF);
        }
    }

    @Override
    public void destroy(Duration timeout) throws HypervisorException {
        hypervisor.destroy(machine);
    }

    @Override
    public CompletableFuture<EndReason> gone() {
        return machine.gone();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            machine.release();
        }
    }

    /// Compares the guest's memory with what the guest has written to it since it was created, here and on every
    /// host it came from. The guest should be paused, or the comparison stops it for as long as it takes.
    ///
    /// @return one sentence a wrong page, at most `limit`; empty if all memory is right
    public List<String> wrongPages(int limit) {
        return machine.check(limit);
    }

    /// By how much the guest is slowed, in per cent.
    public int throttlePercent() {
        return machine.throttlePercent();
    }

    /// How many pages the guest has written since it was created, here and on every host it came from.
    public long pagesWritten() {
        return machine.steps();
    }
}
