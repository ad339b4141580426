package io.godwit.chaos.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The wires of a lab. In the middle stands a namespace with a bridge, the switch; each host, the client and
/// ZooKeeper have a namespace of their own with a cable (a veth pair) to it. A host has a bridge `br0`, which its
/// guests' taps join, with the cable as its uplink.
///
/// | who | IPv4 | IPv6 |
/// |---|---|---|
/// | ZooKeeper | 10.77.0.2; server n of an ensemble 10.77.0.(2n) | fd77::2 |
/// | client | 10.77.0.3 | fd77::3 |
/// | host n | 10.77.0.(10+n), and 10.78.0.(10+n) on the migration network | fd77::(10+n) |
/// | guest n | 10.77.1.n | fd77::1:n |
///
/// Guests are in a VLAN as well, with the address 10.79.1.n there; probes tag their frames themselves.
public final class LabNetwork {
    /// Of the first server.
    public static final String ZOOKEEPER_ADDRESS = "10.77.0.2";

    /// Guests have addresses in it; no interface of the lab does.
    public static final int VLAN = 7;

    /// Who pings guests there.
    public static final String VLAN_CLIENT = "10.79.0.3";

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String NOBODY_MAC = "02:00:00:00:de:ad";

    private final LabSettings settings;
    private final Namespace middle;
    private final Namespace client;
    private final List<Namespace> zookeepers = new ArrayList<>();
    private final List<Namespace> hosts = new ArrayList<>();

    LabNetwork(LabSettings settings) {
        this.settings = settings;
        String prefix = prefix(settings.name());
        middle = new Namespace(prefix + "net");
        client = new Namespace(prefix + "client");
        for (int number = 1; number <= settings.zooKeeperServers(); number++) {
            zookeepers.add(new Namespace(prefix + "zk" + (number == 1 ? "" : Integer.toString(number))));
        }
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

    /// @param number from 1
    Namespace zookeeper(int number) {
        return zookeepers.get(number - 1);
    }

    /// Of one server of the ensemble.
    static String zooKeeperAddress(int number) {
        // 10.77.0.3 is the client's.
        return "10.77.0." + 2 * number;
    }

    /// @param number from 1
    Namespace host(int number) {
        return hosts.get(number - 1);
    }

    /// On the network that guests use too.
    static String hostAddress(int number) {
        return "10.77.0." + (10 + number);
    }

    /// Where a host's agent is reached by other agents, and where migrations arrive.
    public String agentAddress(int number) {
        return settings.migrationNetwork() ? "10.78.0." + (10 + number) : hostAddress(number);
    }

    void create() {
        middle.create();
        bridge(middle, "br0");
        for (int number = 1; number <= zookeepers.size(); number++) {
            plug(zookeeper(number), "eth0", "zk" + number);
            address(zookeeper(number), "eth0", zooKeeperAddress(number) + "/16", "fd77::" + 2 * number + "/64");
        }
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
        if (!settings.linkRate().equals("0")) {
            bucket(namespace, device, settings.linkRate(), "128kb", "10ms");
        }
    }

    private static void bucket(Namespace namespace, String device, String rate, String burst, String latency) {
        List<String> command = new ArrayList<>(List.of("tc", "-n", namespace.name(), "qdisc", "replace"));
        command.addAll(List.of("dev", device, "root", "tbf", "rate", rate, "burst", burst, "latency", latency));
        Command.must(command.toArray(String[]::new));
    }

    /// Makes a host's cable slow in both directions: what does not fit into a short queue is lost. Guests are
    /// concerned too. Idempotent.
    public void throttle(int host, String rate) {
        bucket(host(host), "up0", rate, "8kb", "60ms");
        bucket(middle, "h" + host, rate, "8kb", "60ms");
    }

    /// Undoes [#throttle]. Idempotent.
    public void unthrottle(int host) {
        if (settings.linkRate().equals("0")) {
            Command.run(List.of("tc", "-n", host(host).name(), "qdisc", "del", "dev", "up0", "root"), TIMEOUT);
            Command.run(List.of("tc", "-n", middle.name(), "qdisc", "del", "dev", "h" + host, "root"), TIMEOUT);
            return;
        }
        shape(host(host), "up0");
        shape(middle, "h" + host);
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

    /// Lets nothing through any more from one host's agent to another's; what the other says still arrives.
    public void cutOneWay(int from, int to) {
        deafen(from, to);
    }

    /// As [#cut], between a host's agent and all of ZooKeeper.
    public void cutFromZooKeeper(int host) {
        cutToZooKeeper(host);
    }

    /// What the host sends to ZooKeeper gets lost. No request arrives, so there is nothing to answer. Idempotent.
    public void cutToZooKeeper(int host) {
        for (int server = 1; server <= zookeepers.size(); server++) {
            mislead(host(host), zooKeeperAddress(server), "br0");
        }
    }

    /// What ZooKeeper sends to the host gets lost: requests arrive and are carried out. Idempotent.
    public void cutBackFromZooKeeper(int host) {
        zookeepers.forEach(server -> mislead(server, hostAddress(host), "eth0"));
    }

    /// Undoes [#cutToZooKeeper] and [#cutBackFromZooKeeper]. Idempotent.
    public void healToZooKeeper(int host) {
        for (int server = 1; server <= zookeepers.size(); server++) {
            lead(host(host), zooKeeperAddress(server), "br0");
            lead(zookeeper(server), hostAddress(host), "eth0");
        }
    }

    /// Pulls the cable of a host out of the switch, or puts it back: its guests are concerned too.
    public void uplink(int host, boolean connected) {
        middle.ip("link", "set", "h" + host, connected ? "up" : "down");
    }

    private void deafen(int host, int other) {
        mislead(host(host), agentAddress(other), agentDevice());
    }

    private void forget(int host, int other) {
        lead(host(host), agentAddress(other), agentDevice());
    }

    private static void mislead(Namespace from, String address, String device) {
        from.ip("neigh", "replace", address, "lladdr", NOBODY_MAC, "dev", device, "nud", "permanent");
    }

    private static void lead(Namespace from, String address, String device) {
        Command.run(List.of("ip", "-n", from.name(), "neigh", "del", address, "dev", device), TIMEOUT);
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
