package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.shim.FrameCapture;
import io.godwit.shim.Guest;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FrameForwardingVersionTest {
    private final AtomicInteger captures = new AtomicInteger();
    private final Guest guest = (Guest)
            Proxy.newProxyInstance(Guest.class.getClassLoader(), new Class<?>[] {Guest.class}, (_, method, _) -> {
                assertThat(method.getName()).isEqualTo("captureFrames");
                captures.incrementAndGet();
                return FrameCapture.NONE;
            });

    /// It would end the session at the first of them, with everything sent and the guest paused.
    @Test
    void nothingIsForwardedToATargetThatDoesNotKnowLateFrames() {
        try (FrameForwarding forwarding =
                FrameForwarding.open(guest, ProtocolVersion.LATE_FRAMES - 1, System::nanoTime)) {
            assertThat(forwarding.failure()).contains("too old");
        }
        assertThat(captures).hasValue(0);
    }

    @Test
    void aTargetThatKnowsThemGetsThem() {
        try (FrameForwarding forwarding = FrameForwarding.open(guest, ProtocolVersion.LATE_FRAMES, System::nanoTime)) {
            assertThat(forwarding.failure()).isEmpty();
        }
        assertThat(captures).hasValue(1);
    }
}
