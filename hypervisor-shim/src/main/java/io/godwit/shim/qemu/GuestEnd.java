package io.godwit.shim.qemu;

import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notices that a guest has ended, and why.
final class GuestEnd implements QmpLink.Watcher {
    private static final Logger LOG = LoggerFactory.getLogger(GuestEnd.class);

    /// QEMU's number of the reason `guest-shutdown`, in the one trace event it logs.
    private static final String POWEROFF_TRACE = QemuCommandLine.SHUTDOWN_TRACE + " reason=6";

    private static final int LOG_BYTES_MAX = 64 << 10;

    private final GuestFolder folder;
    private final StateTransfer transfer;
    private final CompletableFuture<EndReason> gone = new CompletableFuture<>();
    private volatile boolean destroying;

    GuestEnd(GuestFolder folder, StateTransfer transfer) {
        this.folder = folder;
        this.transfer = transfer;
    }

    /// A copy, so that nobody completes ours.
    CompletableFuture<EndReason> future() {
        return gone.copy();
    }

    /// From here on the process's end is no crash.
    void expectDestroyed() {
        destroying = true;
    }

    void destroyed() {
        complete(EndReason.DESTROYED);
    }

    /// Looks whether the guest has ended while nobody listened.
    void look(QmpLink link) throws HypervisorException {
        String status = link.execute("query-status").path("status").asString("");
        if (status.equals(RunStates.SHUTDOWN)) {
            boolean poweredOff = GuestFolder.tail(folder.log(), LOG_BYTES_MAX).contains(POWEROFF_TRACE);
            complete(poweredOff ? EndReason.POWEROFF : EndReason.REBOOT);
        } else if (RunStates.of(status) == RunState.SHUTDOWN) {
            complete(EndReason.CRASH);
        }
    }

    @Override
    public void event(QmpEvent event) {
        transfer.event(event);
        // Whoever waits for the end may do much about it, and this is the thread that reads QEMU's answers.
        RunStates.end(event)
                .ifPresent(reason -> Thread.ofVirtual()
                        .name("godwit-end-" + folder.guest())
                        .start(() -> complete(destroying ? EndReason.DESTROYED : reason)));
    }

    @Override
    public void lost() {
        transfer.lost();
    }

    @Override
    public void reconnected(QmpLink link) {
        try {
            look(link);
        } catch (HypervisorException e) {
            LOG.warn("Guest {}: whether it has ended is unknown", folder.guest(), e);
        }
    }

    @Override
    public void ended() {
        complete(destroying ? EndReason.DESTROYED : EndReason.CRASH);
    }

    private void complete(EndReason reason) {
        if (gone.complete(reason)) {
            LOG.info("Guest {} has ended: {}", folder.guest(), reason);
        }
    }
}
