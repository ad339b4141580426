package io.godwit.shim;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// One virtual machine on this host. Safe for use by several threads; calls that change the run state are
/// serialised.
///
/// Closing lets go of the guest without touching it: it goes on running, and may be adopted again.
public interface Guest extends AutoCloseable {

    GuestSpec spec();

    /// The hypervisor process, or this process for a synthetic guest.
    long pid();

    RunState state() throws HypervisorException;

    /// The guest's RAM, mapped into this process for as long as the guest is not closed.
    GuestMemory memory();

    /// Starts to track writes to the guest's memory. At most one tracker exists per guest; one left behind by
    /// an agent that died is replaced. On success the guest runs on unharmed; on failure too, untracked, and
    /// the message says why tracking is impossible.
    DirtyTracker track() throws HypervisorException;

    /// Makes every hole of the guest's memory a page that is missing and has yet to be placed: see
    /// [MissingPages]. For an [RunState#INCOMING] guest, before its device state is loaded; or for one whose
    /// pages are missing already, which were held by somebody who let go or died. On failure the guest is as
    /// it was, and the message says why it cannot run with pages missing.
    default MissingPages missingPages() throws HypervisorException {
        throw new HypervisorException("This hypervisor cannot run a guest some of whose memory is still elsewhere");
    }

    /// Whether pages of the guest are still missing, whoever holds them: also after a restart of the agent.
    /// Such a guest
    /// cannot be tracked, and its memory must not be looked at.
    default boolean missesPages() throws HypervisorException {
        return false;
    }

    /// Stops the virtual processors. Paused on success (also if it was paused before); on failure unchanged.
    /// When it returns, the guest's writes to memory and its finished writes to disk are done.
    void pause() throws HypervisorException;

    /// Runs a paused guest, or one whose device state was loaded. Running on success (also if it was before). On
    /// failure it may have run: the caller must not conclude that it did not.
    void resume() throws HypervisorException;

    /// Of what [#throttle] may take, so that a guest always goes on.
    int THROTTLE_PERCENT_MAX = 90;

    /// Slows the guest: from now on each of its virtual processors gets at most `100 - percent` per cent of a
    /// processor, and none is slowed that needs less. 0 lifts that at once. The guest stays slowed though this
    /// process ends, until it is adopted again. On failure to slow it is as fast as before; on failure to lift
    /// it may still be slowed, and the message says so.
    ///
    /// @param percent from 0 to [#THROTTLE_PERCENT_MAX]
    default void throttle(int percent) throws HypervisorException {
        checkThrottle(percent);
        if (percent > 0) {
            throw new HypervisorException("This hypervisor cannot slow its guests");
        }
    }

    /// @throws IllegalArgumentException if a guest cannot be slowed by that much
    static void checkThrottle(int percent) {
        if (percent < 0 || percent > THROTTLE_PERCENT_MAX) {
            throw new IllegalArgumentException(
                    "A guest cannot be slowed by " + percent + " %: not from 0 to " + THROTTLE_PERCENT_MAX);
        }
    }

    /// Takes the state of everything but RAM from a *paused* guest, and gives up its disks so that another host
    /// may open them. On success the guest stays paused and may be resumed, which takes its disks again; on
    /// failure the same. May write to the guest's memory: scan once more afterwards.
    DeviceState saveDeviceState() throws HypervisorException;

    /// Loads device state into an [RunState#INCOMING] guest. Paused on success, its disks not yet opened for
    /// writing (they are by [#resume]). On failure the guest is of no further use: destroy it.
    void loadDeviceState(DeviceState state) throws HypervisorException;

    /// Makes this host's own bridges send the guest's frames to it, though it has said nothing here yet, and
    /// what is sent to everybody: they wait for it. A guest that is being received gets nothing before, for it
    /// would find frames as old as the migration. To be called once the guest belongs to this host, and again
    /// by an agent that finds it: idempotent. On failure the other cards are reached all the same, and a bridge
    /// learns the card's address from the guest's first frame.
    void becomeReachable() throws HypervisorException;

    /// Starts to look at the frames this host sends to the guest's network cards, so that none is lost when the
    /// guest moves. The guest notices nothing.
    default FrameCapture captureFrames() throws HypervisorException {
        return FrameCapture.NONE;
    }

    /// Opens a way for frames that reached another host. To be used once the guest belongs to this host; what
    /// is delivered before the guest runs waits for it.
    default FrameDelivery deliverFrames() throws HypervisorException {
        return FrameDelivery.NONE;
    }

    /// Makes the guest's network cards tell the network where they are now. Returns at once.
    void announce() throws HypervisorException;

    /// Presses the power button and returns; the guest may ignore it. See [#gone].
    void requestShutdown() throws HypervisorException;

    /// Ends the guest's process at once and removes what it had on this host (RAM file, taps, sockets), never its
    /// disks. Idempotent. On success nothing is left; on failure the message says what is.
    void destroy(Duration timeout) throws HypervisorException;

    /// Completes when the guest's process has ended, or the guest has powered off or crashed, with the reason.
    CompletableFuture<EndReason> gone();

    /// Completes nothing and stops nothing: see the type's comment.
    @Override
    void close();

    /// Why a guest ended.
    enum EndReason {
        POWEROFF,
        REBOOT,
        CRASH,
        DESTROYED
    }
}
