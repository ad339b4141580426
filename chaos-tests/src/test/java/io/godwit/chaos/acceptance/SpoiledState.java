package io.godwit.chaos.acceptance;

import io.godwit.shim.DeviceState;
import io.godwit.shim.Guest;
import org.jspecify.annotations.Nullable;

/// Cuts the device state in two before QEMU gets it.
final class SpoiledState implements FaultyHypervisor.GuestFault {
    @Override
    public @Nullable Object instead(Guest guest, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        if (method.equals("loadDeviceState") && arguments[0] instanceof DeviceState(byte[] bytes)) {
            return real.call(new DeviceState(java.util.Arrays.copyOf(bytes, bytes.length / 2)));
        }
        return real.call(arguments);
    }
}
