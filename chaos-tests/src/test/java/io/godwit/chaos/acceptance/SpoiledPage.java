package io.godwit.chaos.acceptance;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Waits until a page of the guest's pattern has come in that the guest writes but once, and from then on keeps
/// one of its bytes wrong until the guest is about to run. The page's form is described in the guest's `memory.pl`.
final class SpoiledPage implements FaultyHypervisor.GuestFault {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long MAGIC = MemorySegment.ofArray("GWPAGE01".getBytes(StandardCharsets.US_ASCII))
            .get(LONG, 0);

    /// Far behind the working set of the tests that plant this.
    private static final int PATTERN_PAGE_MIN = 8192;

    private static final long SPOILED_OFFSET = 2000;
    private static final Duration INTERVAL = Duration.ofMillis(20);

    private final Guest guest;
    private volatile boolean ended;
    private @Nullable MemorySegment page;
    private byte wrong;

    SpoiledPage(Guest guest) {
        this.guest = guest;
        Thread.ofPlatform().daemon().name("spoiler").start(this::spoilAlways);
    }

    @Override
    public @Nullable Object instead(Guest unused, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        if (method.equals("resume") || method.equals("destroy") || method.equals("close")) {
            ended = true;
        }
        if (method.equals("loadDeviceState")) {
            spoil();
        }
        return real.call(arguments);
    }

    private void spoilAlways() {
        try {
            while (!ended) {
                spoil();
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void spoil() {
        if (ended) {
            return;
        }
        if (page == null) {
            page = findPage(guest.memory());
            if (page != null) {
                wrong = (byte) ~page.get(ValueLayout.JAVA_BYTE, SPOILED_OFFSET);
            }
        }
        if (page != null) {
            page.set(ValueLayout.JAVA_BYTE, SPOILED_OFFSET, wrong);
        }
    }

    private static @Nullable MemorySegment findPage(GuestMemory memory) {
        for (long number = 0; number < memory.pageCount(); number++) {
            MemorySegment page = memory.pages(number, 1);
            if (page.get(LONG, 0) == MAGIC
                    && page.get(INT, Long.BYTES) >= PATTERN_PAGE_MIN
                    && page.get(INT, Long.BYTES + Integer.BYTES) == 1) {
                return page;
            }
        }
        return null;
    }
}
