package io.godwit.chaos.acceptance;

import io.godwit.shim.FrameCapture;
import io.godwit.shim.Guest;
import org.jspecify.annotations.Nullable;

/// Captures nothing of what is sent to a guest.
final class ForgottenFrames implements FaultyHypervisor.GuestFault {
    @Override
    public @Nullable Object instead(Guest guest, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        return method.equals("captureFrames") ? FrameCapture.NONE : real.call(arguments);
    }
}
