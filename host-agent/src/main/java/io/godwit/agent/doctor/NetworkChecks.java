package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Taps, bridge, address and ports.
final class NetworkChecks {
    private static final int IFF_UP = 1;

    private final AgentConfig config;
    private final Path root;

    NetworkChecks(AgentConfig config, Path root) {
        this.config = config;
        this.root = root;
    }

    Finding tun() {
        return Files.exists(root.resolve("dev/net/tun"))
                ? Finding.ok("tap devices", "/dev/net/tun")
                : Finding.fail("tap devices", "there is no /dev/net/tun", "modprobe tun");
    }

    Finding bridge() throws IOException {
        Path device = root.resolve("sys/class/net").resolve(config.bridge());
        if (!Files.isDirectory(device)) {
            return Finding.fail(
                    "bridge",
                    "there is no interface " + config.bridge(),
                    "Make it, for good in /etc/network/interfaces: ip link add " + config.bridge() + " type bridge");
        }
        if (!Files.isDirectory(device.resolve("bridge"))) {
            return Finding.fail(
                    "bridge",
                    config.bridge() + " is an interface but no bridge",
                    "Name a bridge in the configuration.");
        }
        long flags = Long.decode(Files.readString(device.resolve("flags")).strip());
        return (flags & IFF_UP) != 0
                ? Finding.ok("bridge", config.bridge())
                : Finding.fail("bridge", config.bridge() + " is down", "ip link set " + config.bridge() + " up");
    }

    Finding address() throws IOException {
        InetAddress address;
        try {
            address = InetAddress.getByName(config.address());
        } catch (UnknownHostException _) {
            return Finding.fail(
                    "address",
                    config.address() + " is not known to the resolver",
                    "Mend DNS or /etc/hosts, or use an IP address.");
        }
        if (address.isLoopbackAddress()) {
            return Finding.warn(
                    "address",
                    config.address() + " is " + address.getHostAddress() + ": no other host reaches it",
                    "Use an address of the network that hosts share.");
        }
        return NetworkInterface.getByInetAddress(address) != null
                ? Finding.ok("address", address.getHostAddress())
                : Finding.fail(
                        "address",
                        address.getHostAddress() + " is not an address of this host",
                        "Correct address in the configuration.");
    }

    List<Finding> ports() {
        boolean agentRuns = agentRuns();
        return List.of(
                port("API port", config.api().port(), agentRuns),
                port("migration port", config.migration().port(), agentRuns));
    }

    private static Finding port(String name, int port, boolean agentRuns) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return Finding.ok(name, port + " is free");
        } catch (IOException _) {
            return agentRuns
                    ? Finding.ok(name, port + " is in use, and the agent runs")
                    : Finding.fail(
                            name, port + " is in use by another program", "Find it with: ss -ltnp sport = :" + port);
        }
    }

    private boolean agentRuns() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(config.api().socket()));
        } catch (IOException _) {
            return false;
        }
    }
}
