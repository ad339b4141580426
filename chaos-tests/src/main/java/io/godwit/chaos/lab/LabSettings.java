package io.godwit.chaos.lab;

import java.nio.file.Path;
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
/// @param rehearsals         agents rehearse migrations after their start, as they do unless they are told otherwise
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
        boolean rehearsals,
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

    /// Three hosts, 1 Gbit/s shared by guests and migrations, mutual TLS, 256 MiB of heap an agent, the lease enforced,
    /// nothing rehearsed.
    public static LabSettings standard(String name) {
        return new LabSettings(name, 3, "1gbit", false, 256, false, 2048, 1, 0, 2_000, false, Repository.find());
    }

    public LabSettings withHosts(int count) {
        return new LabSettings(
                name,
                count,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    public LabSettings withLinkRate(String rate) {
        return new LabSettings(
                name,
                hosts,
                rate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    public LabSettings withMigrationNetwork(boolean separate) {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                separate,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    public LabSettings withInsecure(boolean without) {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                without,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    public LabSettings withZooKeeperServers(int count) {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                count,
                imageServer,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    /// A host of the lab serves the images to all others, over NBD.
    public LabSettings withImageServer(int host) {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                host,
                leaseKillAfterMs,
                rehearsals,
                repository);
    }

    /// Agents do not enforce the lease: guests run on for as long as their host or its agent is away.
    public LabSettings withoutLease() {
        return withLeaseKillAfterMs(0);
    }

    public LabSettings withLeaseKillAfterMs(int killAfterMs) {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                killAfterMs,
                rehearsals,
                repository);
    }

    /// Agents rehearse migrations after their start, as on a host of an operator who configures nothing.
    public LabSettings withRehearsals() {
        return new LabSettings(
                name,
                hosts,
                linkRate,
                migrationNetwork,
                agentHeapMiB,
                insecure,
                hostMemoryMiB,
                zooKeeperServers,
                imageServer,
                leaseKillAfterMs,
                true,
                repository);
    }

    private static void check(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
