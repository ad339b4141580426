package io.godwit.storage.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.AddressProbe;
import io.godwit.storage.AddressProbe.Answer;
import io.godwit.storage.FrameExchange;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Frames byte for byte; the expected ones, checksum included, were computed by other means than this code.
class AddressProberTest {
    private static final String MAC = "525400123456";
    private static final String OTHER = "0200000000aa";
    private static final Duration SHORT = Duration.ofMillis(20);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Wire wire = new Wire();
    private final AddressProbe probe = AddressProber.over(wire, meters);

    /// Takes down what is sent, and hands over what was put into it. Time passes only when it is empty.
    private static final class Wire implements FrameExchange, FrameExchange.Conversation {
        final List<String> sent = new ArrayList<>();
        final Deque<byte[]> arriving = new ArrayDeque<>();
        boolean closed;

        @Override
        public Conversation open(String networkInterface) {
            return this;
        }

        @Override
        public byte[] hardwareAddress() {
            return HexFormat.of().parseHex(MAC);
        }

        @Override
        public void send(byte[] frame) {
            sent.add(HexFormat.of().formatHex(frame));
        }

        @Override
        public Optional<byte[]> receive(Duration timeout) {
            return Optional.ofNullable(arriving.poll());
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void anIpv4AddressIsAskedForWithoutClaimingIt() throws IOException {
        assertThat(probe.whoAnswers("br0", List.of("10.0.0.7"), SHORT)).isEmpty();
        assertThat(wire.sent)
                .hasSize(2)
                .containsOnly("ffffffffffff" + MAC + "0806" + "0001" + "0800" + "0604" + "0001" + MAC + "00000000"
                        + "000000000000" + "0a000007");
        assertThat(wire.closed).isTrue();
    }

    @Test
    void anIpv6AddressIsAskedForFromNoAddressAtAll() throws IOException {
        assertThat(probe.whoAnswers("br0", List.of("2001:db8::7"), SHORT)).isEmpty();
        assertThat(wire.sent)
                .hasSize(2)
                .containsOnly("3333ff000007" + MAC + "86dd" + "60000000" + "0018" + "3a" + "ff"
                        + "00000000000000000000000000000000" + "ff0200000000000000000001ff000007"
                        + "8700" + checksum() + "00000000"
                        + "20010db8000000000000000000000007");
    }

    /// RFC 4443 and RFC 1071: the ones' complement of the ones' complement sum of 16-bit words.
    private static String checksum() {
        int sum = 0x18 + 0x3a;
        for (int word : new int[] {0xff02, 0x0001, 0xff00, 0x0007, 0x8700, 0x2001, 0x0db8, 0x0007}) {
            sum += word;
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return "%04x".formatted(~sum & 0xffff);
    }

    @Test
    void whoAnswersIsNamedOnceAndCounted() throws IOException {
        byte[] reply = HexFormat.of()
                .parseHex(MAC + OTHER + "0806" + "0001" + "0800" + "0604" + "0002" + OTHER + "0a000007" + MAC
                        + "0a000007");
        wire.arriving.addAll(List.of(reply, reply, arp("0a000008"), arp("00000000")));
        assertThat(probe.whoAnswers("br0", List.of("10.0.0.7"), SHORT))
                .containsExactly(new Answer("10.0.0.7", "02:00:00:00:00:aa"));
        assertThat(meters.counter("godwit.address.duplicates").count()).isEqualTo(1);
    }

    @Test
    void aNeighbourAdvertisementIsAnAnswer() throws Exception {
        byte[] mac = HexFormat.of().parseHex(OTHER);
        wire.arriving.addAll(AnnouncementFrames.of(mac, InetAddress.ofLiteral("2001:db8::8")));
        wire.arriving.addAll(AnnouncementFrames.of(mac, InetAddress.ofLiteral("2001:db8::7")));
        assertThat(probe.whoAnswers("br0", List.of("2001:db8::7"), SHORT))
                .containsExactly(new Answer("2001:db8::7", "02:00:00:00:00:aa"));
    }

    @Test
    void itsOwnFramesAreNoAnswer() throws IOException {
        wire.arriving.add(HexFormat.of()
                .parseHex(
                        MAC + MAC + "0806" + "0001" + "0800" + "0604" + "0002" + MAC + "0a000007" + MAC + "0a000007"));
        assertThat(probe.whoAnswers("br0", List.of("10.0.0.7"), SHORT)).isEmpty();
    }

    @Test
    void cutAndSpoiltFramesAreNoAnswersAndNoErrors() throws IOException {
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        byte[] whole = arp("0a000007");
        for (int length = 0; length < whole.length; length++) {
            wire.arriving.add(Arrays.copyOf(whole, length));
        }
        for (int i = 0; i < 1_000; i++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            wire.arriving.add(noise);
        }
        assertThat(probe.whoAnswers("br0", List.of("10.0.0.7"), Duration.ofSeconds(1)))
                .isEmpty();
        assertThat(wire.arriving).isEmpty();
    }

    @Test
    void aNetworkThatAnswersForEverythingFillsNoMemory() throws IOException {
        for (int i = 0; i < 1_000; i++) {
            byte[] reply = arp("0a000007");
            reply[EthernetFrames.HEADER_BYTES + 12] = (byte) (i >> 8);
            reply[EthernetFrames.HEADER_BYTES + 13] = (byte) i;
            wire.arriving.add(reply);
        }
        assertThat(probe.whoAnswers("br0", List.of("10.0.0.7"), Duration.ofSeconds(1)))
                .hasSize(AddressProber.ANSWERS_MAX);
    }

    @Test
    void noAddressIsNoQuestionAndTooManyAreRefused() throws IOException {
        assertThat(probe.whoAnswers("br0", List.of(), SHORT)).isEmpty();
        assertThat(wire.sent).isEmpty();
        List<String> many = Collections.nCopies(AddressAnnouncer.ADDRESSES_MAX + 1, "10.0.0.7");
        assertThatThrownBy(() -> probe.whoAnswers("br0", many, SHORT)).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] arp(String senderAddress) {
        return HexFormat.of()
                .parseHex(MAC + OTHER + "0806" + "0001" + "0800" + "0604" + "0002" + OTHER + senderAddress + MAC
                        + "0a000009");
    }
}
