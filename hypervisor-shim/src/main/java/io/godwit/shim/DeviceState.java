package io.godwit.shim;

/// The state of a guest's processors and devices, without RAM: opaque to everyone but the hypervisor that wrote
/// it. About 450 KiB for a small QEMU guest.
///
/// @param bytes never changed after construction; not copied, for it stands in the switchover's path
@SuppressWarnings("ArrayRecordComponent") // an opaque blob, never compared
public record DeviceState(byte[] bytes) {
    /// QEMU's state grows with devices (video RAM above all); far above what a guest without video needs.
    public static final int BYTES_MAX = 64 << 20;

    public DeviceState {
        if (bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException("Device state is larger than " + BYTES_MAX + " bytes: " + bytes.length);
        }
    }
}
