package io.godwit.chaos.lab;

import java.util.ArrayList;
import java.util.List;

/// The wires of a lab. In the middle stands a namespace with a bridge, the switch; each host, the client and
/// ZooKeeper have a namespace of their own with a cable (a veth pair) to it. A host has a bridge `br0`, which its
/// guests' taps join, with the cable as its uplink.
///
/// | who | IPv4 | IPv6 |
/// |---|---|---|
/// | ZooKeeper | 10.77.0.2 | fd77::2 |
/// | client | 10.77.0.3 | fd77::3 |
/// | host n | 10.77.0.(10+n), and 10.78.0.(10+n) on the migration network | fd77::(10+n) |
/// | guest n | 10.77.1.n | fd77::1:n |
public final class LabNetwork {
    public static final String ZOOKEEPER_ADDRESS = "10.77.0.2";
    private static final String NOBODY_MAC = "02:00:00:00:de:ad";

    private final LabSettings settings;
    private final Namespace middle;
    private final Namespace client;
    private final Namespace zookeeper;
    private final List<Namespace> hosts = new ArrayList<>();

    LabNetwork(LabSettings settings) {
        this.settings = settings;
        String prefix = prefix(settings.name());
        middle = new Namespace(prefix + "net");
        client = new Namespace(prefix + "client");
        zookeeper = new Namespace(prefix + "zk");
        for (int number = 1; number <= settings.hosts(); number++) {
            hosts.add(new Namespace(prefix + "h" + number));
        }
    }

    static String prefix(String lab) {
        return "gw-" + lab + "-";
    }

    public Namespace client() {
        return client;
    }

    Namespace zookeeper() {
        return zookeeper;
    }

    /// @param number from 1
    Namespace host(int number) {
        return hosts.get(number - 1);
    }

    /// On the network that guests use too.
    static String hostAddress(int number) {
        return "10.77.0." + (10 + number);
    }

    /// Where a host's agent is reached by other agents.
    String agentAddress(int number) {
        return settings.migrationNetwork() ? "10.78.0." + (10 + number) : hostAddress(number);
    }

    void create() {
        middle.create();
        bridge(middle, "br0");
        plug(zookeeper, "eth0", "zk");
        address(zookeeper, "eth0", ZOOKEEPER_ADDRESS + "/16", "fd77::2/64");
        plug(client, "eth0", "client");
        address(client, "eth0", "10.77.0.3/16", "fd77::3/64");
        if (settings.migrationNetwork()) {
            bridge(middle, "br1");
        }
        for (int number = 1; number <= hosts.size(); number++) {
            Namespace host = host(number);
            plug(host, "up0", "h" + number);
            bridge(host, "br0");
            host.ip("link", "set", "up0", "master", "br0");
            address(host, "br0", hostAddress(number) + "/16", "fd77::" + (10 + number) + "/64");
            shape(host, "up0");
            shape(middle, "h" + number);
            if (settings.migrationNetwork()) {
                cable(host, "mig0", "m" + number, "br1");
                host.ip("addr", "add", agentAddress(number) + "/16", "dev", "mig0");
                shape(host, "mig0");
                shape(middle, "m" + number);
            }
        }
    }

    private void plug(Namespace namespace, String device, String port) {
        namespace.create();
        cable(namespace, device, port, "br0");
    }

    private void cable(Namespace namespace, String device, String port, String bridge) {
        Command.must(
                "ip",
                "link",
                "add",
                device,
                "netns",
                namespace.name(),
                "type",
                "veth",
                "peer",
                "name",
                port,
                "netns",
                middle.name());
        middle.ip("link", "set", port, "master", bridge, "up");
        namespace.ip("link", "set", device, "up");
    }

    private static void bridge(Namespace namespace, String name) {
        namespace.ip("link", "add", name, "type", "bridge");
        namespace.ip("link", "set", name, "up");
    }

    /// Without duplicate address detection, which keeps an IPv6 address unusable for a second.
    private static void address(Namespace namespace, String device, String ipv4, String ipv6) {
        namespace.ip("addr", "add", ipv4, "dev", device);
        namespace.ip("addr", "add", ipv6, "dev", device, "nodad");
    }

    /// A token bucket for each direction of a cable. The bucket holds two of the largest bursts a veth sends at
    /// once; the queue is that of a switch with 10 ms of buffer.
    private void shape(Namespace namespace, String device) {
        if (settings.linkRate().equals("0")) {
            return;
        }
        Command.must(
                "tc",
                "-n",
                namespace.name(),
                "qdisc",
                "add",
                "dev",
                device,
                "root",
                "tbf",
                "rate",
                settings.linkRate(),
                "burst",
                "128kb",
                "latency",
                "10ms");
    }

    /// Lets nothing through any more between the agents of two hosts, without either noticing: each sends to a
    /// hardware address nobody has. Guests' own traffic is not concerned. Idempotent.
    public void cut(int host, int other) {
        deafen(host, other);
        deafen(other, host);
    }

    /// Undoes [#cut]. Idempotent.
    public void heal(int host, int other) {
        forget(host, other);
        forget(other, host);
    }

    /// As [#cut], between a host's agent and ZooKeeper.
    public void cutFromZooKeeper(int host) {
        host(host).ip("neigh", "replace", ZOOKEEPER_ADDRESS, "lladdr", NOBODY_MAC, "dev", "br0", "nud", "permanent");
    }

    /// Undoes [#cutFromZooKeeper]. Idempotent.
    public void healToZooKeeper(int host) {
        Command.run(
                List.of("ip", "-n", host(host).name(), "neigh", "del", ZOOKEEPER_ADDRESS, "dev", "br0"),
                java.time.Duration.ofSeconds(20));
    }

    /// Pulls the cable of a host out of the switch, or puts it back: its guests are concerned too.
    public void uplink(int host, boolean connected) {
        middle.ip("link", "set", "h" + host, connected ? "up" : "down");
    }

    private void deafen(int host, int other) {
        host(host)
                .ip(
                        "neigh",
                        "replace",
                        agentAddress(other),
                        "lladdr",
                        NOBODY_MAC,
                        "dev",
                        agentDevice(),
                        "nud",
                        "permanent");
    }

    private void forget(int host, int other) {
        Command.run(
                List.of("ip", "-n", host(host).name(), "neigh", "del", agentAddress(other), "dev", agentDevice()),
                java.time.Duration.ofSeconds(20));
    }

    private String agentDevice() {
        return settings.migrationNetwork() ? "mig0" : "br0";
    }

    /// Removes the namespaces of a lab of this name with every process in them, whoever made it. The hosts go
    /// first, so that nobody restarts anything.
    static void destroy(String lab) {
        Namespace.existing(prefix(lab)).forEach(Namespace::destroy);
    }
}
