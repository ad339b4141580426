package io.godwit.migration.protocol;

import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.shim.GuestMemory.Region;
import io.godwit.shim.GuestSpec;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// One message of each type.
final class Samples {
    private static final GuestSpec SPEC = new GuestSpec(
            "web1",
            new UUID(0x1122334455667788L, 0x99aabbccddeeff00L),
            512L << 20,
            2,
            "pc-q35-7.2",
            "qemu64",
            new GuestSpec.Boot("/boot/vmlinuz", null, "console=ttyS0"),
            List.of(new GuestSpec.Disk("xvda", "/images/web1.qcow2", GuestSpec.Disk.Format.QCOW2, false)),
            List.of(new GuestSpec.Nic("52:54:00:12:34:56", "br0", List.of("10.0.0.2"))),
            GuestSpec.OnEvent.DESTROY,
            GuestSpec.OnEvent.RESTART,
            GuestSpec.OnEvent.PRESERVE);

    private static final Offer OFFER =
            new Offer(new UUID(1, 2), "host-a", SPEC, "QEMU 7.2.22", "tcg", List.of(new Region("ram", 0, 131_072)));

    private Samples() {}

    static Stream<Message> all() {
        Token token = new Token(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
        return Stream.of(
                new Message.Hello(1, 1, Message.Role.DATA, 3, token),
                new Message.Welcome(1, token),
                new Message.Question(OFFER),
                new Message.Answer(List.of("No room", "No bridge br0")),
                new Message.Prepare(OFFER, 2, true),
                new Message.Prepared(),
                new Message.Abort("The guest powered off"),
                new Message.Heartbeat(),
                new Message.RoundDone(5),
                new Message.DeviceStatePart(10, 4, new byte[] {1, 2, 3}),
                new Message.Digests(7, new long[] {-1, 2}),
                new Message.Complete(9, 460_800, true),
                new Message.Running(8, 3_000, 12_000, 900, "image locked"),
                new Message.FramesDone(57, 2),
                new Message.RoundEnd(5, 41),
                new Message.Postcopy.Begin(),
                new Message.Postcopy.Ready(),
                new Message.Postcopy.MissingMap(128, true, new long[] {5, -1}),
                new Message.Postcopy.PageRequest(new long[] {3, 70_000}),
                new Message.Postcopy.AllPlaced(),
                new Message.Postcopy.PagesLost("The host was restarted"));
    }
}
