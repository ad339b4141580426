package io.godwit.shim.synthetic;

import io.godwit.shim.DeviceState;
import io.godwit.shim.HypervisorException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/// What a synthetic guest takes along besides its memory. As bytes it is padded to the size of a small QEMU guest's
/// state, and carries a checksum, so that damage on the way is noticed.
///
/// @param steps  how far the writer has come
/// @param saves  how often the state was saved: each time wrote to the guest's last page
record SyntheticState(SyntheticWorkload workload, long memoryBytes, long steps, long saves) {
    static final int BYTES = 300_000;

    private static final long MAGIC = 0x676f647769740001L;
    private static final int PADDING_FROM = 9 * Long.BYTES;

    DeviceState encode() {
        byte[] bytes = new byte[BYTES];
        new SplittableRandom(workload.seed()).nextBytes(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.putLong(MAGIC)
                .putLong(memoryBytes)
                .putLong(steps)
                .putLong(saves)
                .putLong(workload.bytesPerSecond())
                .putLong(workload.workingSetBytes())
                .putLong(workload.filledBytes())
                .putDouble(workload.compressibility())
                .putLong(workload.seed());
        assert buffer.position() == PADDING_FROM : buffer.position();
        buffer.putInt(BYTES - Integer.BYTES, checksum(bytes));
        return new DeviceState(bytes);
    }

    static SyntheticState decode(DeviceState state) throws HypervisorException {
        ByteBuffer buffer = ByteBuffer.wrap(state.bytes());
        if (buffer.capacity() != BYTES
                || buffer.getLong() != MAGIC
                || buffer.getInt(BYTES - Integer.BYTES) != checksum(state.bytes())) {
            throw new HypervisorException(
                    "The device state is damaged or another hypervisor's: " + buffer.capacity() + " bytes");
        }
        long memoryBytes = buffer.getLong();
        long steps = buffer.getLong();
        long saves = buffer.getLong();
        SyntheticWorkload workload = new SyntheticWorkload(
                buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getDouble(), buffer.getLong());
        return new SyntheticState(workload, memoryBytes, steps, saves);
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, BYTES - Integer.BYTES);
        return (int) crc.getValue();
    }
}
