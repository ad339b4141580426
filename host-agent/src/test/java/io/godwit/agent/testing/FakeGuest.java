package io.godwit.agent.testing;

import io.godwit.shim.DeviceState;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/// A guest that has a state and nothing else.
public final class FakeGuest implements Guest {
    public final AtomicInteger announcements = new AtomicInteger();
    public final AtomicInteger reachable = new AtomicInteger();
    public final AtomicInteger shutdownRequests = new AtomicInteger();

    private final FakeHypervisor hypervisor;
    private final GuestSpec spec;
    private final CompletableFuture<EndReason> gone = new CompletableFuture<>();
    private volatile RunState state;
    private volatile boolean refuseResume;
    private volatile boolean refuseDestroy;

    FakeGuest(FakeHypervisor hypervisor, GuestSpec spec, RunState state) {
        this.hypervisor = hypervisor;
        this.spec = spec;
        this.state = state;
    }

    /// The guest ends by itself.
    public void end(EndReason reason) {
        state = RunState.SHUTDOWN;
        gone.complete(reason);
    }

    /// As somebody behind the agent's back would set it.
    public void setState(RunState next) {
        state = next;
    }

    public void refuseResume(boolean refuse) {
        refuseResume = refuse;
    }

    public void refuseDestroy(boolean refuse) {
        refuseDestroy = refuse;
    }

    @Override
    public GuestSpec spec() {
        return spec;
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public RunState state() {
        return state;
    }

    @Override
    public GuestMemory memory() {
        throw new UnsupportedOperationException("This guest has no memory");
    }

    @Override
    public DirtyTracker track() {
        throw new UnsupportedOperationException("This guest has no memory");
    }

    @Override
    public void pause() {
        state = RunState.PAUSED;
    }

    @Override
    public void resume() throws HypervisorException {
        if (refuseResume || hypervisor.refusesResume()) {
            throw new HypervisorException("This guest refuses to run");
        }
        state = RunState.RUNNING;
    }

    @Override
    public DeviceState saveDeviceState() {
        return new DeviceState(new byte[1]);
    }

    @Override
    public void loadDeviceState(DeviceState loaded) {
        state = RunState.PAUSED;
    }

    @Override
    public void becomeReachable() {
        reachable.incrementAndGet();
    }

    @Override
    public void announce() {
        announcements.incrementAndGet();
    }

    @Override
    public void requestShutdown() {
        shutdownRequests.incrementAndGet();
    }

    @Override
    public void destroy(Duration timeout) throws HypervisorException {
        if (refuseDestroy) {
            throw new HypervisorException("This guest refuses to die");
        }
        hypervisor.forget(this);
        state = RunState.GONE;
        gone.complete(EndReason.DESTROYED);
    }

    @Override
    public CompletableFuture<EndReason> gone() {
        return gone;
    }

    @Override
    public void close() {}
}
