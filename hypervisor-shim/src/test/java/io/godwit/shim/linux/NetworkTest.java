package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.PacketSocket.Frame;
import io.godwit.shim.linux.PacketSocket.Mode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Taps, packet sockets and namespaces, all within a namespace of the test's own.
class NetworkTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final String namespace = "gwshim" + ProcessHandle.current().pid();

    @BeforeEach
    void makeNamespace() throws Exception {
        ip("netns", "add", namespace);
        ip("-n", namespace, "link", "add", "br0", "type", "bridge");
        ip("-n", namespace, "link", "set", "br0", "up");
    }

    @AfterEach
    void removeNamespace() throws Exception {
        ip("netns", "del", namespace);
    }

    @Test
    void creates_a_tap_in_a_bridge_and_deletes_it() throws Exception {
        inside(() -> {
            Tap.create("gwtap0", "br0");
            assertThat(Tap.exists("gwtap0")).isTrue();
            assertThat(NetworkInterfaces.isUp("gwtap0")).isTrue();
            Tap.delete("gwtap0");
            assertThat(Tap.exists("gwtap0")).isFalse();
            Tap.delete("gwtap0");
            return null;
        });
        assertThat(Tap.exists("gwtap0")).as("outside the namespace").isFalse();
    }

    @Test
    void a_tap_is_a_port_of_its_bridge() throws Exception {
        inside(() -> {
            Tap.create("gwtap1", "br0");
            return null;
        });
        assertThat(ip("-n", namespace, "link", "show", "master", "br0")).contains("gwtap1");
    }

    @Test
    void leaves_no_tap_behind_when_there_is_no_bridge() throws Exception {
        inside(() -> {
            assertThatThrownBy(() -> Tap.create("gwtap2", "nobridge"))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessage("There is no bridge nobridge");
            assertThat(Tap.exists("gwtap2")).isFalse();
            return null;
        });
    }

    @Test
    void does_not_take_an_interface_that_is_there() throws Exception {
        inside(() -> {
            Tap.create("gwtap3", "br0");
            assertThatThrownBy(() -> Tap.create("gwtap3", "br0")).hasMessageContaining("already");
            assertThat(Tap.exists("gwtap3")).isTrue();
            return null;
        });
    }

    @Test
    void refuses_names_that_are_too_long() {
        assertThatThrownBy(() -> Tap.create("sixteen-letters-", "br0"))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("Not the name");
    }

    @Test
    void frames_pass_between_packet_sockets() throws Exception {
        ip("-n", namespace, "link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
        ip("-n", namespace, "link", "set", "veth0", "up");
        ip("-n", namespace, "link", "set", "veth1", "up");
        byte[] frame = testFrame();
        try (PacketSocket sender = inside(() -> PacketSocket.open("veth0", Mode.SEND));
                PacketSocket near = inside(() -> PacketSocket.open("veth0", Mode.CAPTURE));
                PacketSocket far = inside(() -> PacketSocket.open("veth1", Mode.CAPTURE_WITH_OFFLOADS))) {
            sender.send(frame);
            Frame seen = receiveLike(near, frame, 0);
            assertThat(seen.outgoing()).isTrue();
            Frame arrived = receiveLike(far, frame, 10);
            assertThat(arrived.outgoing()).isFalse();
            assertThat(Arrays.copyOf(arrived.bytes(), 10)).isEqualTo(new byte[10]);
            assertThat(sender.receive(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void a_bridge_told_where_an_address_is_sends_its_frames_there() throws Exception {
        // A port learns only while something is at its other end.
        ip("-n", namespace, "link", "add", "port0", "type", "veth", "peer", "name", "port1");
        ip("-n", namespace, "link", "set", "port0", "master", "br0", "up");
        ip("-n", namespace, "link", "set", "port1", "up");
        for (int again = 0; again < 2; again++) {
            inside(() -> {
                BridgeForwarding.learn("port0", "52:54:00:12:34:56");
                return null;
            });
        }
        assertThat(bridge("-n", namespace, "fdb", "show", "dev", "port0")).contains("52:54:00:12:34:56 master br0");
        inside(() -> {
            assertThatThrownBy(() -> BridgeForwarding.learn("port0", "52:54:00:12:34"))
                    .hasMessageContaining("Not a MAC address");
            assertThatThrownBy(() -> BridgeForwarding.learn("none0", "52:54:00:12:34:56"))
                    .hasMessageContaining("no network interface");
            assertThatThrownBy(() -> BridgeForwarding.learn("lo", "52:54:00:12:34:56"))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("behind lo");
            return null;
        });
    }

    @Test
    void a_closed_packet_socket_says_so() throws Exception {
        PacketSocket socket = inside(() -> PacketSocket.open("br0", Mode.CAPTURE));
        socket.close();
        assertThatThrownBy(() -> socket.receive(LONG)).hasMessageContaining("closed");
        assertThatThrownBy(() -> inside(() -> PacketSocket.open("none0", Mode.SEND)))
                .cause()
                .hasMessage("There is no network interface none0");
    }

    @Test
    void says_which_namespace_is_missing_and_passes_on_what_the_action_threw() throws Exception {
        assertThatThrownBy(() -> NetworkNamespace.call("gw-none", () -> 1))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("/var/run/netns/gw-none");
        assertThatThrownBy(() -> NetworkNamespace.call("../etc", () -> 1)).isInstanceOf(HypervisorException.class);
        assertThatThrownBy(() -> inside(() -> {
                    throw new IllegalStateException("mine");
                }))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("mine");
    }

    @Test
    void boot_time_goes_on() {
        long first = LinuxClock.bootTimeNs();
        assertThat(first).isPositive();
        assertThat(LinuxClock.bootTimeNs()).isGreaterThanOrEqualTo(first);
    }

    /// Skips what the kernel sends on its own, such as neighbour discovery.
    private static Frame receiveLike(PacketSocket socket, byte[] frame, int headerBytes) throws HypervisorException {
        long deadlineNs = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() < deadlineNs) {
            Optional<Frame> received = socket.receive(LONG);
            if (received.isPresent()) {
                byte[] bytes = received.get().bytes();
                if (bytes.length > headerBytes
                        && Arrays.equals(bytes, headerBytes, bytes.length, frame, 0, frame.length)) {
                    return received.get();
                }
            }
        }
        throw new AssertionError("The frame did not arrive");
    }

    private static byte[] testFrame() {
        byte[] frame = new byte[80];
        Arrays.fill(frame, 0, 6, (byte) 0xff);
        frame[6] = 0x02;
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xb5;
        return frame;
    }

    private <T> T inside(Callable<T> action) throws Exception {
        return NetworkNamespace.call(namespace, action);
    }

    private static String bridge(String... arguments) throws Exception {
        return run("bridge", arguments);
    }

    private static String ip(String... arguments) throws Exception {
        return run("ip", arguments);
    }

    private static String run(String program, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(program);
        builder.command().addAll(Arrays.asList(arguments));
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
