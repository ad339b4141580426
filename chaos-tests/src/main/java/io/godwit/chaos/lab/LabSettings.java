package io.godwit.chaos.lab;

import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// What a lab is made of.
///
/// @param name               1 to 12 of `[a-z0-9]`: part of namespace names and paths, whose length is limited
/// @param hosts              1 to 9
/// @param linkRate           of each host's link, each way, as `tc` writes it: `1gbit`; `0` is not shaped
/// @param migrationNetwork   agents talk over a network of their own, with links of the same rate, instead of
///                           sharing the guests'
/// @param agentHeapMiB       each agent's `-Xmx`
/// @param insecure           no TLS between agents
/// @param hostMemoryMiB      what each host lends to guests
/// @param zooKeeperServers   1, or 3 or 5 for an ensemble
/// @param imageServer        number of the host that serves the images to all; 0 for none, when every host sees the
///                           files themselves
/// @param leaseKillAfterMs   how long guests stay paused, once their host has lost ZooKeeper or its agent for some
///                           seconds, until they are killed; 0 if agents do not enforce the lease
/// @param asInstalled        agents are told nothing of migrations and do what they do for an operator who configures
///                           nothing; if not, they rehearse none after their start, so that tests need not wait, and
///                           use two connections on any machine, so that tests see more than one
/// @param repository         the source tree: its `godwit` is run, its `.build` holds the guest image
public record LabSettings(
        String name,
        int hosts,
        String linkRate,
        boolean migrationNetwork,
        int agentHeapMiB,
        boolean insecure,
        int hostMemoryMiB,
        int zooKeeperServers,
        int imageServer,
        int leaseKillAfterMs,
        boolean asInstalled,
        Path repository) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,12}");
    private static final Pattern RATE = Pattern.compile("0|[1-9][0-9]{0,6}[kmg]bit");
    public static final int HOSTS_MAX = 9;

    public LabSettings {
        check(NAME.matcher(name).matches(), "Lab name is not 1 to 12 of [a-z0-9]: " + name);
        check(hosts >= 1 && hosts <= HOSTS_MAX, "Hosts are not from 1 to " + HOSTS_MAX + ": " + hosts);
        check(RATE.matcher(linkRate).matches(), "Link rate is not like 100mbit or 1gbit, or 0: " + linkRate);
        check(agentHeapMiB >= 64 && agentHeapMiB <= 65_536, "Agent heap is not from 64 MiB to 64 GiB: " + agentHeapMiB);
        check(
                zooKeeperServers == 1 || zooKeeperServers == 3 || zooKeeperServers == 5,
                "ZooKeeper servers are not 1, 3 or 5: " + zooKeeperServers);
        check(imageServer >= 0 && imageServer <= hosts, "There is no host to serve images: " + imageServer);
        check(hostMemoryMiB >= 64, "Host memory is below 64 MiB: " + hostMemoryMiB);
    }

    /// Three hosts, 1 Gbit/s shared by guests and migrations, mutual TLS, 256 MiB of heap an agent, the lease enforced;
    /// for tests.
    public static LabSettings standard(String name) {
        return new LabSettings(name, 3, "1gbit", false, 256, false, 2048, 1, 0, 2_000, false, Repository.find());
    }

    public LabSettings withHosts(int count) {
        return with(draft -> draft.hosts = count);
    }

    public LabSettings withLinkRate(String rate) {
        return with(draft -> draft.linkRate = rate);
    }

    public LabSettings withMigrationNetwork(boolean separate) {
        return with(draft -> draft.migrationNetwork = separate);
    }

    public LabSettings withInsecure(boolean without) {
        return with(draft -> draft.insecure = without);
    }

    public LabSettings withZooKeeperServers(int count) {
        return with(draft -> draft.zooKeeperServers = count);
    }

    /// A host of the lab serves the images to all others, over NBD.
    public LabSettings withImageServer(int host) {
        return with(draft -> draft.imageServer = host);
    }

    /// Agents do not enforce the lease: guests run on for as long as their host or its agent is away.
    public LabSettings withoutLease() {
        return withLeaseKillAfterMs(0);
    }

    public LabSettings withLeaseKillAfterMs(int killAfterMs) {
        return with(draft -> draft.leaseKillAfterMs = killAfterMs);
    }

    /// Agents migrate as on a host of an operator who configures nothing.
    public LabSettings asOperatorsHave() {
        return with(draft -> draft.asInstalled = true);
    }

    private LabSettings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.settings();
    }

    /// Settings while one of them is changed.
    private static final class Draft {
        private final LabSettings from;
        private int hosts;
        private String linkRate;
        private boolean migrationNetwork;
        private boolean insecure;
        private int zooKeeperServers;
        private int imageServer;
        private int leaseKillAfterMs;
        private boolean asInstalled;

        Draft(LabSettings from) {
            this.from = from;
            hosts = from.hosts;
            linkRate = from.linkRate;
            migrationNetwork = from.migrationNetwork;
            insecure = from.insecure;
            zooKeeperServers = from.zooKeeperServers;
            imageServer = from.imageServer;
            leaseKillAfterMs = from.leaseKillAfterMs;
            asInstalled = from.asInstalled;
        }

        LabSettings settings() {
            return new LabSettings(
                    from.name,
                    hosts,
                    linkRate,
                    migrationNetwork,
                    from.agentHeapMiB,
                    insecure,
                    from.hostMemoryMiB,
                    zooKeeperServers,
                    imageServer,
                    leaseKillAfterMs,
                    asInstalled,
                    from.repository);
        }
    }

    private static void check(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
