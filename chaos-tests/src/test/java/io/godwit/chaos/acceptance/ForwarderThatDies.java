package io.godwit.chaos.acceptance;

import io.godwit.shim.FrameCapture;
import io.godwit.shim.Guest;
import org.jspecify.annotations.Nullable;

/// Ends the agent, as if killed, once the guest whose frames it forwards runs elsewhere.
final class ForwarderThatDies implements FaultyHypervisor.GuestFault {
    @Override
    public @Nullable Object instead(Guest guest, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        Object result = real.call(arguments);
        if (!(result instanceof FrameCapture capture)) {
            return result;
        }
        return FaultyHypervisor.proxy(FrameCapture.class, (_, call, others) -> {
            if (call.getName().equals("runsElsewhere")) {
                Runtime.getRuntime().halt(137);
            }
            return FaultyHypervisor.invoke(call, capture, others);
        });
    }
}
