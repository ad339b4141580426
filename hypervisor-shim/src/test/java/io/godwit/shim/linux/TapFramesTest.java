package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.GuestFrame;
import io.godwit.shim.linux.PacketSocket.Mode;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Frames beside a tap and into one, on real taps and bridges in a namespace of the test's own.
@Timeout(60)
class TapFramesTest {
    static final byte[] SENDER = {0x02, 0x77, 0x77, 0x77, 0x77, 0x01};
    private static final String MAC = "52:54:00:00:00:01";
    private static final String TAP = "gwtap0";
    private static final Duration LONG = Duration.ofSeconds(10);

    /// More than a tap holds.
    private static final int FRAMES = Tap.QUEUE_FRAMES + 300;

    private final String namespace = "gwframes" + ProcessHandle.current().pid();
    private PacketSocket network;
    private TapReader guest;

    @BeforeEach
    void makeANetworkWithAGuest() throws Exception {
        run("ip", "netns", "add", namespace);
        ip("link", "add", "br0", "type", "bridge");
        ip("link", "set", "br0", "up");
        ip("link", "add", "up0", "type", "veth", "peer", "name", "up1");
        ip("link", "set", "up0", "master", "br0", "up");
        ip("link", "set", "up1", "up");
        guest = inside(() -> {
            Tap.create(TAP, "br0");
            return TapReader.open(TAP);
        });
        network = inside(() -> PacketSocket.open("up1", Mode.SEND));
        // The guest said something once, so the bridge knows its place.
        inside(() -> {
            BridgeForwarding.learn(TAP, MAC);
            return null;
        });
        await().atMost(LONG).until(() -> {
            network.send(frame(99));
            return guest.nextTest() != null;
        });
        readAll();
    }

    @AfterEach
    void removeIt() throws Exception {
        network.close();
        guest.close();
        run("ip", "netns", "del", namespace);
    }

    @Test
    void theKernelCountsAFrameOfATapWhenItIsRead() throws Exception {
        try (TapCounters counters = inside(() -> TapCounters.open(TAP))) {
            TapCounters.Figures before = counters.read();
            network.send(frame(1));
            network.send(frame(2));
            await().until(() -> guest.nextTest() != null);
            TapCounters.Figures after = counters.read();
            assertThat(after.read()).isGreaterThan(before.read());
            assertThat(guest.nextTest()).isNotNull();
            assertThat(counters.read().read()).isEqualTo(after.read() + 1);
            assertThat(counters.read().dropped()).isEqualTo(before.dropped());
        }
    }

    @Test
    void aPausedGuestsFramesAreCapturedAndNothingItReceivedLongBefore() throws Exception {
        try (TapCapture capture = capture()) {
            network.send(frame(1));
            await().until(() -> guest.nextTest() != null);
            readAll();
            // Long enough for what was read to be certain.
            await().pollDelay(Duration.ofMillis(250)).until(() -> true);
            for (int number = 10; number < 15; number++) {
                network.send(frame(number));
            }
            await().pollInterval(Duration.ofMillis(2)).until(() -> guest.nextTest() != null);
            capture.begin();
            network.send(frame(20));
            List<GuestFrame> frames = takeTest(capture, 6);
            assertThat(numbers(frames)).containsExactly(10, 11, 12, 13, 14, 20);
            assertThat(frames.getFirst().card()).isZero();
            assertThat(Arrays.copyOf(frames.getFirst().bytes(), GuestFrame.HEADER_BYTES))
                    .as("nothing is left to the card")
                    .isEqualTo(new byte[GuestFrame.HEADER_BYTES]);
            assertThat(capture.figures().captured()).isGreaterThanOrEqualTo(6);
            assertThat(capture.figures().dropped()).isZero();
        }
        assertThat(numbers(readAll())).as("the guest has its own all the same").containsExactly(11, 12, 13, 14, 20);
    }

    @Test
    void whatTheTapHasNoRoomForIsCapturedToo() throws Exception {
        try (TapCapture capture = capture();
                TapCounters counters = inside(() -> TapCounters.open(TAP))) {
            TapCounters.Figures before = counters.read();
            capture.begin();
            for (int number = 0; number < FRAMES; number++) {
                network.send(frame(number % 100));
            }
            List<GuestFrame> frames = takeTest(capture, FRAMES);
            assertThat(frames).hasSize(FRAMES);
            assertThat(numbers(frames).subList(FRAMES - 100, FRAMES)).isSorted();
            assertThat(counters.read().dropped()).as("the tap's queue").isGreaterThan(before.dropped());
        }
    }

    @Test
    void vlanTagsArePutBack() throws Exception {
        try (TapCapture capture = capture()) {
            capture.begin();
            network.send(tagged(7, 33));
            List<GuestFrame> frames = takeTest(capture, 1);
            assertThat(ethernet(frames.getFirst())).isEqualTo(tagged(7, 33));
        }
    }

    @Test
    void whatCountsFromTheFramesStartCountsOnBehindATag() {
        byte[] frame = new byte[GuestFrame.HEADER_BYTES + 60];
        frame[0] = 1;
        frame[1] = 4;
        frame[2] = 54;
        frame[6] = 34;
        frame[8] = 16;
        byte[] tagged = OutgoingFrames.tagged(frame, (short) 0x8100, (short) 0x0102);
        assertThat(tagged).hasSize(frame.length + 4);
        assertThat(HexFormat.of().formatHex(tagged, 0, GuestFrame.HEADER_BYTES)).isEqualTo("01043a00000026001000");
        assertThat(HexFormat.of().formatHex(tagged, 22, 26)).isEqualTo("81000102");
    }

    @Test
    void broadcastsAreCapturedUntilTheGuestRunsElsewhereAndItsAnnouncementIsHeard() throws Exception {
        try (TapCapture capture = capture()) {
            capture.begin();
            network.send(to("ffffffffffff", SENDER, 1));
            assertThat(numbers(takeTest(capture, 1))).containsExactly(1);
            capture.runsElsewhere();
            network.send(to("ffffffffffff", SENDER, 2));
            network.send(frame(3));
            assertThat(numbers(takeTest(capture, 1))).containsExactly(3);
            assertThat(capture.figures().announced()).isFalse();
            byte[] guestsMac = HexFormat.ofDelimiter(":").parseHex(MAC);
            network.send(to("ffffffffffff", guestsMac, 4));
            await().atMost(LONG).until(() -> capture.figures().announced());
            assertThat(capture.figures().quietNs()).isPositive();
        }
    }

    @Test
    void deliveredFramesReachTheGuestInOrderAndTeachTheBridgeNothing() throws Exception {
        List<Integer> expected = new ArrayList<>();
        try (TapDelivery delivery = inside(() -> TapDelivery.open(List.of(TAP)))) {
            for (int number = 0; number < 100; number++) {
                assertThat(delivery.deliver(forwarded(frame(number)))).isTrue();
                expected.add(number);
            }
            assertThat(delivery.deliver(forwarded(tagged(9, 100)))).isTrue();
            assertThat(delivery.deliver(new GuestFrame(1, forwarded(frame(1)).bytes())))
                    .as("to a card there is not")
                    .isFalse();
        }
        List<byte[]> received = new ArrayList<>();
        await().until(() -> {
            for (byte[] frame = guest.nextTest(); frame != null; frame = guest.nextTest()) {
                received.add(frame);
            }
            return received.size() == 101;
        });
        assertThat(received.subList(0, 100).stream().map(TapFramesTest::number)).isEqualTo(expected);
        assertThat(received.getLast()).isEqualTo(tagged(9, 100));
        assertThat(run("bridge", "-n", namespace, "fdb", "show", "br", "br0"))
                .doesNotContain("02:77:77:77:77:01 dev " + TAP);
    }

    @Test
    void deliveryWaitsForAReaderAndGivesUpOnOneThatNeverComes() throws Exception {
        try (TapDelivery delivery = inside(() -> TapDelivery.open(List.of(TAP)));
                TapCounters counters = inside(() -> TapCounters.open(TAP))) {
            TapCounters.Figures before = counters.read();
            int accepted = 0;
            while (delivery.deliver(forwarded(frame(1)))) {
                accepted++;
                assertThat(accepted).isLessThan(500);
            }
            assertThat(accepted).isGreaterThan(100);
            assertThat(delivery.deliver(forwarded(frame(1)))).isFalse();
            assertThat(counters.read().dropped()).isEqualTo(before.dropped());
        }
    }

    @Test
    void aPortThatIsNotFloodedGetsOnlyWhatIsItsOwn() throws Exception {
        inside(() -> {
            BridgePort.flood(TAP, false);
            return null;
        });
        network.send(to("ffffffffffff", SENDER, 1));
        network.send(to("33330000abcd", SENDER, 2));
        network.send(to("525400999999", SENDER, 3));
        network.send(frame(4));
        assertThat(numbers(readAll())).containsExactly(4);
        for (int again = 0; again < 2; again++) {
            inside(() -> {
                BridgePort.flood(TAP, true);
                return null;
            });
        }
        network.send(to("ffffffffffff", SENDER, 5));
        assertThat(numbers(readAll())).containsExactly(5);
    }

    @Test
    void aChecksumThatWasLeftToTheCardIsRightAtAnother() throws Exception {
        ip("addr", "add", "10.99.0.1/24", "dev", "br0");
        ip("neigh", "replace", "10.99.0.2", "lladdr", "52:54:00:00:00:02", "dev", "br0", "nud", "permanent");
        try (TapReader first = inside(() -> {
                    Tap.create("gwtap1", "br0");
                    return TapReader.openWithOffloads("gwtap1");
                });
                TapCapture capture =
                        inside(() -> TapCapture.open(List.of(new TapCapture.Port("gwtap1", "52:54:00:00:00:02"))));
                DatagramSocket socket = inside(() -> new DatagramSocket(0));
                TapDelivery delivery = inside(() -> TapDelivery.open(List.of(TAP)))) {
            assertThat(first).isNotNull();
            capture.begin();
            byte[] content = "what a sender leaves to its card".getBytes(StandardCharsets.US_ASCII);
            socket.send(new DatagramPacket(content, content.length, new InetSocketAddress("10.99.0.2", 7)));
            GuestFrame datagram = takeDatagram(capture);
            assertThat(datagram.bytes()[0] & 1)
                    .as("its checksum is left to the card")
                    .isEqualTo(1);
            assertThat(checksum(ethernet(datagram))).isNotEqualTo(0xffff);

            assertThat(delivery.deliver(datagram)).isTrue();
            AtomicReference<byte[]> received = new AtomicReference<>(new byte[0]);
            await().until(() -> {
                for (byte[] frame = guest.next(); frame != null; frame = guest.next()) {
                    if (isDatagram(frame)) {
                        received.set(frame);
                    }
                }
                return received.get().length > 0;
            });
            assertThat(checksum(received.get())).isEqualTo(0xffff);
        }
    }

    private static GuestFrame takeDatagram(TapCapture capture) throws Exception {
        long deadlineNs = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() < deadlineNs) {
            for (GuestFrame frame : capture.take(100_000, Duration.ofMillis(100))) {
                if (isDatagram(ethernet(frame))) {
                    return frame;
                }
            }
        }
        throw new AssertionError("The datagram was not captured");
    }

    private static boolean isDatagram(byte[] ethernet) {
        return ethernet[12] == 8 && ethernet[13] == 0 && ethernet[23] == 17;
    }

    /// The ones' complement sum over a UDP datagram and its pseudo header: 0xffff if the checksum is right.
    private static int checksum(byte[] ethernet) {
        int length = (ethernet[38] & 0xff) << 8 | (ethernet[39] & 0xff);
        int sum = 17 + length;
        for (int at = 26; at < 34 + length; at++) {
            sum += (at % 2 == 0 ? (ethernet[at] & 0xff) << 8 : ethernet[at] & 0xff);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return sum;
    }

    private TapCapture capture() throws Exception {
        return inside(() -> TapCapture.open(List.of(new TapCapture.Port(TAP, MAC))));
    }

    /// Everything the guest finds within a moment, of the test's own.
    private List<GuestFrame> readAll() throws Exception {
        List<GuestFrame> frames = new ArrayList<>();
        long deadlineNs = System.nanoTime() + 300_000_000;
        while (System.nanoTime() < deadlineNs) {
            byte[] frame = guest.nextTest();
            if (frame == null) {
                TimeUnit.MILLISECONDS.sleep(5);
            } else {
                frames.add(forwarded(frame));
            }
        }
        return frames;
    }

    private static List<GuestFrame> takeTest(TapCapture capture, int count) throws Exception {
        List<GuestFrame> taken = new ArrayList<>();
        long deadlineNs = System.nanoTime() + LONG.toNanos();
        while (taken.size() < count && System.nanoTime() < deadlineNs) {
            capture.take(100_000, Duration.ofMillis(100)).stream()
                    .filter(frame -> TapReader.isTest(ethernet(frame)))
                    .forEach(taken::add);
        }
        return taken;
    }

    private static List<Integer> numbers(List<GuestFrame> frames) {
        return frames.stream().map(frame -> number(ethernet(frame))).toList();
    }

    private static int number(byte[] ethernet) {
        return ethernet[ethernet.length - 1];
    }

    private static byte[] ethernet(GuestFrame frame) {
        return Arrays.copyOfRange(frame.bytes(), GuestFrame.HEADER_BYTES, frame.bytes().length);
    }

    private static GuestFrame forwarded(byte[] ethernet) {
        byte[] bytes = new byte[GuestFrame.HEADER_BYTES + ethernet.length];
        System.arraycopy(ethernet, 0, bytes, GuestFrame.HEADER_BYTES, ethernet.length);
        return new GuestFrame(0, bytes);
    }

    private static byte[] frame(int number) {
        return to(MAC.replace(":", ""), SENDER, number);
    }

    private static byte[] to(String mac, byte[] sender, int number) {
        byte[] frame = new byte[64];
        System.arraycopy(HexFormat.of().parseHex(mac), 0, frame, 0, 6);
        System.arraycopy(sender, 0, frame, 6, 6);
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xb5;
        frame[63] = (byte) number;
        return frame;
    }

    private static byte[] tagged(int vlan, int number) {
        byte[] plain = frame(number);
        byte[] frame = new byte[plain.length + 4];
        System.arraycopy(plain, 0, frame, 0, 12);
        frame[12] = (byte) 0x81;
        frame[15] = (byte) vlan;
        System.arraycopy(plain, 12, frame, 16, plain.length - 12);
        return frame;
    }

    private <T> T inside(Callable<T> action) throws Exception {
        return NetworkNamespace.call(namespace, action);
    }

    private void ip(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip", "-n", namespace));
        command.addAll(List.of(arguments));
        run(command.toArray(String[]::new));
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
