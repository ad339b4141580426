package io.godwit.shim;

/// A frame on its way to one of a guest's network cards.
///
/// @param card   the number of the card, from 0
/// @param bytes  a virtio network header of [#HEADER_BYTES], then the Ethernet frame with its VLAN tags, without
///               checksum. The header carries what the sender left to its card, a checksum or the cutting of a
///               large packet; its numbers are in this machine's byte order
@SuppressWarnings("ArrayRecordComponent") // a frame in passing, never compared
public record GuestFrame(int card, byte[] bytes) {
    public static final int HEADER_BYTES = 10;

    /// Two addresses and a type.
    public static final int BYTES_MIN = HEADER_BYTES + 14;

    /// The largest packet a kernel hands over uncut, with headers, a VLAN tag and room to spare.
    public static final int BYTES_MAX = HEADER_BYTES + (64 << 10) + 128;

    public GuestFrame {
        if (card < 0 || card >= GuestSpec.NICS_MAX) {
            throw new IllegalArgumentException("There is no such network card: " + card);
        }
        if (bytes.length < BYTES_MIN || bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException("Not the size of a frame, bytes: " + bytes.length);
        }
    }
}
