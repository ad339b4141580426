package io.godwit.chaos.acceptance;

import io.godwit.shim.Guest;
import org.jspecify.annotations.Nullable;

/// Runs a copy that should be destroyed.
final class ResumedCopy implements FaultyHypervisor.GuestFault {
    @Override
    public @Nullable Object instead(Guest guest, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        if (method.equals("destroy")) {
            guest.resume();
            return null;
        }
        return real.call(arguments);
    }
}
