package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.Tap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Removes what a guest has on this host beside its process and its disks.
final class Leftovers {
    /// The kernel takes a tap from a process that ends a moment after it has ended.
    private static final int TAP_TRIES = 100;

    private static final Duration TAP_RETRY = Duration.ofMillis(10);

    private Leftovers() {}

    /// Removes all of it, as far as it is there. The folder goes last, and stays if anything else does: it is what
    /// makes the guest findable.
    ///
    /// @throws HypervisorException telling everything that is left
    static void remove(GuestFolder folder, Path ramFile, List<String> taps) throws HypervisorException {
        List<HypervisorException> failures = new ArrayList<>();
        for (String tap : taps) {
            try {
                deleteTap(tap);
            } catch (HypervisorException e) {
                failures.add(e);
            }
        }
        try {
            GuestThrottle.liftNoted(folder);
        } catch (HypervisorException e) {
            failures.add(e);
        }
        try {
            Files.deleteIfExists(ramFile);
        } catch (IOException e) {
            failures.add(new HypervisorException("Could not remove the RAM file " + ramFile, e));
        }
        if (failures.isEmpty()) {
            folder.delete();
            return;
        }
        HypervisorException all = new HypervisorException("Guest " + folder.guest() + " has left something behind: "
                + failures.stream().map(Throwable::getMessage).toList());
        failures.forEach(all::addSuppressed);
        throw all;
    }

    private static void deleteTap(String tap) throws HypervisorException {
        for (int attempt = 1; ; attempt++) {
            try {
                Tap.delete(tap);
                return;
            } catch (HypervisorException e) {
                if (attempt == TAP_TRIES) {
                    throw e;
                }
            }
            Waiting.pause(TAP_RETRY);
        }
    }
}
