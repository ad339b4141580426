package io.godwit.shim.qemu;

import static io.godwit.shim.qemu.QemuFixture.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.DeviceState;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.NetworkNamespace;
import io.godwit.shim.linux.PacketSocket;
import io.godwit.shim.linux.PacketSocket.Frame;
import io.godwit.shim.linux.PacketSocket.Mode;
import io.godwit.shim.linux.Tap;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A guest's network cards, in a namespace of the test's own.
@Timeout(120)
class QemuNetworkTest {
    private static final String MAC = "52:54:00:aa:bb:01";
    private static final Duration SILENCE = Duration.ofMillis(700);

    private final String namespace = "gwqemu" + ProcessHandle.current().pid();
    private QemuFixture fixture;

    @BeforeEach
    void open() throws Exception {
        ip("netns", "add", namespace);
        ip("-n", namespace, "link", "add", "br0", "type", "bridge");
        ip("-n", namespace, "link", "set", "br0", "up");
        fixture = new QemuFixture();
    }

    @AfterEach
    void close() throws Exception {
        inside(() -> {
            fixture.close();
            return null;
        });
        ip("netns", "del", namespace);
    }

    @Test
    void a_guest_comes_with_its_taps_and_goes_with_them() throws Exception {
        GuestSpec spec = spec("wired", new Nic(MAC, "br0", List.of()), new Nic("52:54:00:aa:bb:02", "br0", List.of()));
        List<String> taps = fixture.source.tapNames(spec);
        inside(() -> {
            Guest guest = fixture.create(spec);
            assertThat(taps).hasSize(2);
            for (String tap : taps) {
                assertThat(Tap.exists(tap)).isTrue();
                assertThat(ip("link", "show", "master", "br0")).contains(tap);
            }
            guest.destroy(LONG);
            for (String tap : taps) {
                assertThat(Tap.exists(tap)).isFalse();
            }
            return null;
        });
    }

    @Test
    void a_start_that_fails_after_its_taps_were_made_leaves_none() throws Exception {
        GuestSpec spec = spec("half", new Nic(MAC, "br0", List.of()), new Nic(MAC, "nobridge", List.of()));
        inside(() -> {
            assertThatThrownBy(() -> fixture.create(spec))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("nobridge");
            assertThat(Tap.exists(fixture.source.tapNames(spec).getFirst())).isFalse();
            assertThat(fixture.source.present()).isEmpty();
            return null;
        });
    }

    @Test
    void a_target_is_silent_until_it_is_told_to_announce() throws Exception {
        GuestSpec spec = spec("quiet", new Nic(MAC, "br0", List.of()));
        inside(() -> {
            Guest source = fixture.create(spec);
            source.resume();
            QemuFixture.awaitLines(fixture.source, "quiet", 2);
            Guest target = fixture.prepareIncoming(spec);
            String tap = fixture.target.tapNames(spec).getFirst();
            try (PacketSocket socket = PacketSocket.open(tap, Mode.CAPTURE)) {
                source.pause();
                DeviceState state = source.saveDeviceState();
                QemuFixture.copyMemory(source, target);
                target.loadDeviceState(state);
                target.resume();
                assertThat(frameFromGuest(socket, SILENCE))
                        .as("before it was told")
                        .isEmpty();
                target.announce();
                assertThat(frameFromGuest(socket, LONG)).as("after it was told").isPresent();
            }
            return null;
        });
    }

    @Test
    void a_guest_that_arrives_finds_no_old_broadcasts() throws Exception {
        GuestSpec spec = spec("arriving", new Nic(MAC, "br0", List.of()));
        ip("-n", namespace, "link", "add", "up0", "type", "veth", "peer", "name", "up1");
        ip("-n", namespace, "link", "set", "up0", "master", "br0", "up");
        ip("-n", namespace, "link", "set", "up1", "up");
        inside(() -> {
            Guest target = fixture.prepareIncoming(spec);
            String tap = fixture.target.tapNames(spec).getFirst();
            try (PacketSocket atTap = PacketSocket.open(tap, Mode.CAPTURE);
                    PacketSocket atBridge = PacketSocket.open("br0", Mode.CAPTURE);
                    PacketSocket network = PacketSocket.open("up1", Mode.SEND)) {
                broadcastUntilHeard(network, atBridge);
                assertThat(heard(atTap, SILENCE)).as("before it is this host's").isFalse();
                target.becomeReachable();
                broadcastUntilHeard(network, atTap);
            }
            return null;
        });
    }

    /// A link that has just come up loses the first frames.
    private static void broadcastUntilHeard(PacketSocket from, PacketSocket at) throws HypervisorException {
        for (int attempt = 0; attempt < 20; attempt++) {
            from.send(broadcast());
            if (heard(at, SILENCE)) {
                return;
            }
        }
        throw new AssertionError("A broadcast was not heard");
    }

    private static boolean heard(PacketSocket socket, Duration timeout) throws HypervisorException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        for (long leftNs = timeout.toNanos(); leftNs > 0; leftNs = deadlineNs - System.nanoTime()) {
            Optional<Frame> frame = socket.receive(Duration.ofNanos(leftNs));
            if (frame.isPresent() && Arrays.equals(frame.get().bytes(), broadcast())) {
                return true;
            }
        }
        return false;
    }

    private static byte[] broadcast() {
        byte[] frame = new byte[64];
        Arrays.fill(frame, 0, 6, (byte) 0xff);
        frame[6] = 0x02;
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xb5;
        return frame;
    }

    private GuestSpec spec(String name, Nic... nics) throws Exception {
        return fixture.spec(name, fixture.image(name + ".img", BootSector.COUNTER), nics);
    }

    /// Waits for a frame the guest's card sent, among those that the host sends to every port of a bridge.
    private static Optional<Frame> frameFromGuest(PacketSocket socket, Duration timeout) throws HypervisorException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        byte[] mac = HexFormat.ofDelimiter(":").parseHex(MAC);
        long leftNs = timeout.toNanos();
        while (leftNs > 0) {
            Optional<Frame> frame = socket.receive(Duration.ofNanos(leftNs));
            if (frame.isPresent()
                    && Arrays.equals(Arrays.copyOfRange(frame.get().bytes(), 6, 12), mac)) {
                return frame;
            }
            leftNs = deadlineNs - System.nanoTime();
        }
        return Optional.empty();
    }

    private <T> T inside(Callable<T> action) throws Exception {
        return NetworkNamespace.call(namespace, action);
    }

    private static String ip(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
