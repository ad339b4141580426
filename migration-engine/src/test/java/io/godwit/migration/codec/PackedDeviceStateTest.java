package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.DeviceState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedDeviceStateTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 4096, 450_000})
    void whatIsPackedIsUnpackedTheSame(int length) throws ProtocolException {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        byte[] tables = new byte[length];
        System.arraycopy(noise, 0, tables, 0, length / 16);
        for (byte[] bytes : new byte[][] {noise, tables}) {
            byte[] packed = PackedDeviceState.pack(new DeviceState(bytes));
            assertThat(PackedDeviceState.unpack(packed).bytes()).isEqualTo(bytes);
            assertThat(packed.length).isLessThanOrEqualTo(length + 4);
        }
    }

    @Test
    void mostlyZerosTravelAsLittle() {
        assertThat(PackedDeviceState.pack(new DeviceState(new byte[450_000]))).hasSizeLessThan(4_000);
    }

    @Test
    void impossibleLengthsAreRefusedBeforeMemoryIsAllocated() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, DeviceState.BYTES_MAX + 1, DeviceState.BYTES_MAX, 3_000}) {
            byte[] packed = ByteBuffer.allocate(14).putInt(length).array();
            assertThatThrownBy(() -> PackedDeviceState.unpack(packed)).isInstanceOf(ProtocolException.class);
        }
        assertThatThrownBy(() -> PackedDeviceState.unpack(new byte[3])).isInstanceOf(ProtocolException.class);
    }

    @Test
    void damagedBytesAreUnpackedOrRefusedAndNothingElse() throws ProtocolException {
        byte[] state = new byte[20_000];
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            state[random.nextInt(state.length)] = (byte) random.nextInt();
        }
        byte[] packed = PackedDeviceState.pack(new DeviceState(state));
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] damaged = Arrays.copyOf(packed, 1 + random.nextInt(packed.length));
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(PackedDeviceState.unpack(damaged).bytes()).hasSizeLessThanOrEqualTo(DeviceState.BYTES_MAX);
            } catch (ProtocolException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
