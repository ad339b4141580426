package io.godwit.shim.qemu;

import io.godwit.shim.DeviceState;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.FrameCapture;
import io.godwit.shim.FrameDelivery;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.RunState;
import io.godwit.shim.linux.BridgeForwarding;
import io.godwit.shim.linux.BridgePort;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.SharedGuestMemory;
import io.godwit.shim.linux.TapCapture;
import io.godwit.shim.linux.TapDelivery;
import io.godwit.shim.linux.UserfaultPages;
import io.godwit.shim.linux.UserfaultTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A guest in a QEMU process that is not this process's child.
final class QemuGuest implements Guest {
    private static final Logger LOG = LoggerFactory.getLogger(QemuGuest.class);

    /// QEMU repeats its announcement by itself, for the first frame may meet a bridge that does not forward yet.
    private static final Map<String, Integer> ANNOUNCE = Map.of("initial", 50, "max", 550, "rounds", 5, "step", 100);

    private final QemuSettings settings;
    private final StoredGuest stored;
    private final GuestFolder folder;
    private final LinuxProcess process;
    private final SharedGuestMemory memory;
    private final StateTransfer transfer;
    private final GuestEnd end;
    private final QmpLink link;
    private final LogLimit logs;
    private final GuestThrottle throttle;
    private final ReentrantLock changing = new ReentrantLock();
    private final ReentrantLock destroying = new ReentrantLock();
    /// QEMU saves a state once and then wants to run again before it saves another; while the guest stays as it
    /// is, so does its state.
    private volatile @Nullable DeviceState savedState;

    /// This QEMU was started to wait for a state and has not been given one: no need to ask, when time counts.
    private boolean startedForState;

    private boolean removed;
    private volatile boolean closed;

    private QemuGuest(
            QemuSettings settings,
            StoredGuest stored,
            GuestFolder folder,
            LinuxProcess process,
            SharedGuestMemory memory)
            throws HypervisorException {
        this.settings = settings;
        this.stored = stored;
        this.folder = folder;
        this.process = process;
        this.memory = memory;
        this.transfer = new StateTransfer(folder, settings.deviceStateTimeout());
        this.end = new GuestEnd(folder, transfer);
        this.link = QmpLink.open(folder, process, settings.commandTimeout(), end);
        this.logs = LogLimit.watch(folder);
        this.throttle = new GuestThrottle(folder, process);
    }

    /// Maps the guest's RAM and connects to its QEMU. On failure the QEMU is as it was.
    static QemuGuest open(QemuSettings settings, StoredGuest stored, GuestFolder folder, LinuxProcess process)
            throws HypervisorException {
        SharedGuestMemory memory =
                SharedGuestMemory.map(List.of(QemuCommandLine.RAM_ID), List.of(RamFile.open(stored.ramFile())));
        try {
            if (memory.pageCount() * GuestMemory.PAGE_BYTES != stored.spec().memoryBytes()) {
                throw new HypervisorException("The RAM file is not as large as the guest's memory of "
                        + stored.spec().memoryBytes() + " bytes: " + stored.ramFile());
            }
            return new QemuGuest(settings, stored, folder, process, memory);
        } catch (HypervisorException | RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /// Makes a QEMU just started ready to save its state, or to receive one.
    void prepareAfterStart(boolean incoming) throws HypervisorException {
        StateTransfer.prepare(link);
        if (incoming) {
            StateTransfer.listen(link, folder);
        }
        requireState(incoming ? RunState.INCOMING : RunState.PAUSED, "start");
        startedForState = incoming;
    }

    /// Takes note of what happened to an adopted guest before.
    void notePast() throws HypervisorException {
        end.look(link);
    }

    @Override
    public GuestSpec spec() {
        return stored.spec();
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public RunState state() throws HypervisorException {
        if (QemuProcess.hasEnded(process)) {
            return RunState.GONE;
        }
        try {
            return RunStates.of(status());
        } catch (HypervisorException e) {
            if (QemuProcess.hasEnded(process)) {
                return RunState.GONE;
            }
            throw e;
        }
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public DirtyTracker track() throws HypervisorException {
        return UserfaultTracker.attach(
                process.pid(), List.of(new UserfaultTracker.Mapping(stored.ramFile(), 0, memory.pageCount())));
    }

    @Override
    public MissingPages missingPages() throws HypervisorException {
        return UserfaultPages.attach(
                process.pid(), List.of(new UserfaultTracker.Mapping(stored.ramFile(), 0, memory.pageCount())));
    }

    @Override
    public boolean missesPages() throws HypervisorException {
        return UserfaultPages.missing(process.pid());
    }

    @Override
    public void pause() throws HypervisorException {
        changing.lock();
        try {
            long startNs = System.nanoTime();
            // Harmless in every other state, so there is no look before: it would cost the switchover a round trip.
            link.execute("stop");
            requireState(RunState.PAUSED, "pause");
            logDuration("paused", startNs);
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void throttle(int percent) throws HypervisorException {
        Guest.checkThrottle(percent);
        if (percent == 0) {
            throttle.lift();
        } else {
            throttle.hold(link, percent);
        }
    }

    @Override
    public void resume() throws HypervisorException {
        changing.lock();
        try {
            long startNs = System.nanoTime();
            if (savedState != null) {
                // QEMU tells the end of the transfer a moment before it settles in its new state, and a guest
                // resumed in between would be stopped again.
                awaitStatus(RunStates.POSTMIGRATE);
            }
            switch (RunStates.of(status())) {
                case RUNNING -> {}
                case PAUSED -> {
                    savedState = null;
                    link.execute("cont");
                    logDuration("resumed", startNs);
                }
                // To a waiting QEMU "cont" means to run as soon as a state comes, whoever owns the guest then.
                case INCOMING ->
                    throw new HypervisorException(
                            "Guest cannot run before its device state is loaded: " + spec().name());
                case SHUTDOWN ->
                    throw new HypervisorException("Guest cannot run on, for it has ended: " + spec().name());
                case GONE -> throw new HypervisorException("The guest's QEMU has ended: " + spec().name());
            }
        } finally {
            changing.unlock();
        }
    }

    @Override
    public DeviceState saveDeviceState() throws HypervisorException {
        changing.lock();
        try {
            if (savedState != null) {
                return savedState;
            }
            String status = status();
            if (status.equals(RunStates.POSTMIGRATE)) {
                throw new HypervisorException("Guest's device state was taken before and it has not run since, but the"
                        + " state was not kept; resume it first: " + spec().name());
            }
            if (RunStates.of(status) != RunState.PAUSED) {
                throw new HypervisorException(
                        "Guest must be paused to take its device state: " + spec().name() + ": " + status);
            }
            long startNs = System.nanoTime();
            DeviceState state = transfer.save(link);
            logDuration("gave its device state of " + state.bytes().length + " bytes", startNs);
            savedState = state;
            return state;
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void loadDeviceState(DeviceState state) throws HypervisorException {
        changing.lock();
        try {
            if (!startedForState) {
                requireState(RunState.INCOMING, "load a device state");
            }
            startedForState = false;
            long startNs = System.nanoTime();
            // QEMU settles in its paused state before it says that it has loaded all, so nobody needs to look.
            transfer.load(link, state);
            logDuration("took its device state of " + state.bytes().length + " bytes", startNs);
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void becomeReachable() throws HypervisorException {
        HypervisorException failure = null;
        List<GuestSpec.Nic> nics = spec().nics();
        for (int card = 0; card < nics.size(); card++) {
            String tap = stored.taps().get(card);
            try {
                // First: a bridge learns an address by itself, but goes on keeping broadcasts from a port for ever.
                BridgePort.flood(tap, true);
                BridgeForwarding.learn(tap, nics.get(card).mac());
            } catch (HypervisorException e) {
                // The other cards are none the worse for it.
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public FrameCapture captureFrames() throws HypervisorException {
        List<TapCapture.Port> ports = new ArrayList<>();
        for (int card = 0; card < spec().nics().size(); card++) {
            ports.add(new TapCapture.Port(
                    stored.taps().get(card), spec().nics().get(card).mac()));
        }
        return ports.isEmpty() ? FrameCapture.NONE : TapCapture.open(ports);
    }

    @Override
    public FrameDelivery deliverFrames() throws HypervisorException {
        return stored.taps().isEmpty() ? FrameDelivery.NONE : TapDelivery.open(stored.taps());
    }

    @Override
    public void announce() throws HypervisorException {
        link.execute("announce-self", ANNOUNCE);
    }

    @Override
    public void requestShutdown() throws HypervisorException {
        changing.lock();
        try {
            // A press while the state is already taken would be lost with the guest that is left behind.
            if (savedState != null || status().equals(RunStates.POSTMIGRATE)) {
                throw new HypervisorException(
                        "Guest's device state was taken; resume it before shutting it down: " + spec().name());
            }
            link.execute("system_powerdown");
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void destroy(Duration timeout) throws HypervisorException {
        destroying.lock();
        try {
            if (removed) {
                return;
            }
            end.expectDestroyed();
            endProcess(timeout);
            logs.close();
            throttle.remove();
            Leftovers.remove(folder, stored.ramFile(), stored.taps());
            removed = true;
            link.close();
            end.destroyed();
        } finally {
            destroying.unlock();
        }
    }

    @Override
    public CompletableFuture<EndReason> gone() {
        return end.future();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            logs.close();
            link.close();
            memory.close();
        }
    }

    /// Asks first, so that QEMU may write out what it holds back; then does not ask any more. A QEMU that has given up
    /// its disks holds nothing back, and would wait for an image server that serves the guest elsewhere by now.
    private void endProcess(Duration timeout) throws HypervisorException {
        Duration half = timeout.dividedBy(2);
        if (QemuProcess.hasEnded(process)) {
            return;
        }
        if (savedState != null) {
            QemuProcess.kill(process, half);
            return;
        }
        try {
            link.execute("quit", Map.of(), half);
            if (QemuProcess.awaitEnd(process, half)) {
                return;
            }
        } catch (HypervisorException e) {
            LOG.debug("Guest {}: its QEMU did not take the request to quit", spec().name(), e);
        }
        LOG.warn("Guest {}: its QEMU does not quit and is killed", spec().name());
        QemuProcess.kill(process, half);
    }

    private String status() throws HypervisorException {
        return link.execute("query-status").path("status").asString("");
    }

    private void awaitStatus(String wanted) throws HypervisorException {
        long deadlineNs = System.nanoTime() + settings.commandTimeout().toNanos();
        String status = status();
        while (!status.equals(wanted)) {
            if (System.nanoTime() - deadlineNs >= 0) {
                throw new HypervisorException(
                        "Guest " + spec().name() + " did not come to state " + wanted + ": " + status);
            }
            Waiting.pause(Duration.ofMillis(1));
            status = status();
        }
    }

    private void requireState(RunState wanted, String toDo) throws HypervisorException {
        RunState state = state();
        if (state != wanted) {
            throw new HypervisorException(
                    "Guest must be " + wanted + " to " + toDo + ": " + spec().name() + ": " + state);
        }
    }

    private void logDuration(String what, long startNs) {
        LOG.debug("Guest {} {}, us: {}", spec().name(), what, (System.nanoTime() - startNs) / 1_000);
    }
}
