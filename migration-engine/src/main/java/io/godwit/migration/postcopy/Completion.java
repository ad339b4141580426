package io.godwit.migration.postcopy;

import io.godwit.migration.WaitingGuest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The end of a guest's missing of pages, once the last of them is there.
final class Completion {
    private static final Logger log = LoggerFactory.getLogger(Completion.class);

    private Completion() {}

    /// Tries until the kernel looks for no missing page any more, or the guest has ended.
    static PostcopyTarget.End of(WaitingGuest guest, MissingPages pages) throws InterruptedException {
        while (true) {
            try {
                pages.complete();
                return new PostcopyTarget.End.Placed();
            } catch (HypervisorException | RuntimeException e) {
                if (seenGone(guest)) {
                    return new PostcopyTarget.End.Gone();
                }
                log.warn("Guest {} has all its pages, and the kernel still looks for missing ones", guest.name(), e);
                TimeUnit.MILLISECONDS.sleep(FaultWatch.RETRY_MS);
            }
        }
    }

    private static boolean seenGone(WaitingGuest guest) {
        try {
            return guest.gone();
        } catch (RuntimeException e) {
            log.debug("Whether guest {} is gone is not known", guest.name(), e);
            return false;
        }
    }
}
