package io.godwit.agent.config;

import io.godwit.migration.PagePolicy.Compression;
import io.godwit.migration.WhenSlow;
import io.godwit.storage.LeaseSettings;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An agent's configuration, complete and checked.
///
/// @param name              this host's name in the records and in its certificate
/// @param address           where other agents reach this host: a host name or IP literal
/// @param api               where commands come in
/// @param migration         where guests come in, and the defaults of those that leave
/// @param zookeeper         the ensemble
/// @param lease             whether guests are stopped when ZooKeeper is away, and when
/// @param tls               null only where the file says `insecure: true`
/// @param bridge            the bridge that guests' taps join unless their file names another
/// @param runDirectory      sockets, process ids and what an agent must find again; gone after a reboot
/// @param ramDirectory      guests' RAM files; a tmpfs or hugetlbfs
/// @param imageDirectories  where disk images may stand; shared by all hosts at the same paths
/// @param limits            what this host lends to guests
/// @param images            image servers, and whether this host is one
public record AgentConfig(
        String name,
        String address,
        Api api,
        MigrationSettings migration,
        ZooKeeper zookeeper,
        Lease lease,
        @Nullable TlsFiles tls,
        String bridge,
        Path runDirectory,
        Path ramDirectory,
        List<Path> imageDirectories,
        Accelerator accelerator,
        Limits limits,
        Images images) {

    public AgentConfig {
        imageDirectories = List.copyOf(imageDirectories);
    }

    /// Without image servers.
    public AgentConfig(
            String name,
            String address,
            Api api,
            MigrationSettings migration,
            ZooKeeper zookeeper,
            Lease lease,
            @Nullable TlsFiles tls,
            String bridge,
            Path runDirectory,
            Path ramDirectory,
            List<Path> imageDirectories,
            Accelerator accelerator,
            Limits limits) {
        this(
                name,
                address,
                api,
                migration,
                zookeeper,
                lease,
                tls,
                bridge,
                runDirectory,
                ramDirectory,
                imageDirectories,
                accelerator,
                limits,
                Images.NONE);
    }

    /// @param socket  a Unix socket only root can open
    /// @param port    TCP, with mutual TLS
    public record Api(Path socket, int port) {}

    /// @param port                     TCP, with mutual TLS
    /// @param connections              data connections of a migration that leaves
    /// @param downtimeBudgetMs         default of `godwit migrate --downtime-ms`
    /// @param bandwidthBytesPerSecond  default of `--bandwidth`; 0 is no cap
    /// @param whenSlow                 defaults of `--on-slow` and `--downtime-max-ms`, and the throttle's cap
    /// @param yields                   whether migrations give way to others on the link
    /// @param compression              default of `--compression`
    /// @param latePagesTimeoutMs       how long a guest that came with pages missing waits for a source out of
    ///                                 reach, before it is given up as lost
    /// @param rehearsals               migrations that an agent rehearses after its start; 0 for none
    public record MigrationSettings(
            int port,
            int connections,
            long downtimeBudgetMs,
            long bandwidthBytesPerSecond,
            WhenSlow whenSlow,
            boolean yields,
            Compression compression,
            long latePagesTimeoutMs,
            int rehearsals) {
        public static final long LATE_PAGES_TIMEOUT_MS = 300_000;
        public static final int REHEARSALS = 12;
        public static final int REHEARSALS_MAX = 100;

        /// With the usual answer to guests that write too fast, giving way to others, nothing rehearsed.
        public MigrationSettings(int port, int connections, long downtimeBudgetMs, long bandwidthBytesPerSecond) {
            this(
                    port,
                    connections,
                    downtimeBudgetMs,
                    bandwidthBytesPerSecond,
                    WhenSlow.DEFAULT,
                    true,
                    Compression.AUTO,
                    LATE_PAGES_TIMEOUT_MS,
                    0);
        }

        public MigrationSettings withRehearsals(int number) {
            return new MigrationSettings(
                    port,
                    connections,
                    downtimeBudgetMs,
                    bandwidthBytesPerSecond,
                    whenSlow,
                    yields,
                    compression,
                    latePagesTimeoutMs,
                    number);
        }
    }

    /// @param connect  `host:port,host:port,...`
    /// @param root        the node under which all records stand, such as `/godwit`
    /// @param tls         mutual TLS with the files of [AgentConfig#tls], which is there then
    /// @param secretFile  the cluster's secret, whose knowledge opens the records; null leaves them open to
    ///                    everybody
    public record ZooKeeper(
            String connect,
            String root,
            int sessionTimeoutMs,
            boolean tls,
            @Nullable Path secretFile) {
        /// In the clear, with records that are open to everybody.
        public ZooKeeper(String connect, String root, int sessionTimeoutMs) {
            this(connect, root, sessionTimeoutMs, false, null);
        }
    }

    /// @param enforce   whether guests are paused and killed when this host has not heard from ZooKeeper for
    ///                  too long
    /// @param settings  safe with the session timeout if `enforce` is true
    /// @param watchdog  the device that resets the host if the guard does not work any more; null for none
    public record Lease(
            boolean enforce,
            LeaseSettings settings,
            @Nullable Path watchdog) {
        public static final Lease OFF = new Lease(false, LeaseSettings.DEFAULT, null);
        public static final Lease ON = new Lease(true, LeaseSettings.DEFAULT, null);
    }

    /// PEM files.
    public record TlsFiles(Path authority, Path certificate, Path key) {}

    public enum Accelerator {
        /// KVM where it works, TCG otherwise.
        AUTO,
        KVM,
        TCG
    }

    /// @param memoryBytes    RAM for guests; by default all of the host's but 1 GiB
    /// @param guestsMax      guests on this host, arriving ones included
    /// @param migrationsMax  migrations at once, leaving and arriving each
    public record Limits(long memoryBytes, int guestsMax, int migrationsMax) {}

    /// @param servers  where images below certain directories are served from; the same on all hosts
    /// @param storage  what this host serves; null if it serves no images
    public record Images(
            List<ImageServer> servers, @Nullable Storage storage) {
        public static final Images NONE = new Images(List.of(), null);

        public Images {
            servers = List.copyOf(servers);
        }
    }

    /// @param directory         images below it are reached through the server, never by their paths
    /// @param host              the serving host, found by its record
    /// @param reconnectSeconds  how long guests' requests wait for a server that is away, before they fail
    public record ImageServer(Path directory, String host, int reconnectSeconds) {
        public static final int RECONNECT_SECONDS_DEFAULT = 10;
    }

    /// @param directories     images below these are served
    /// @param port            NBD, with mutual TLS
    /// @param stateDirectory  which epochs were activated; must outlive a reboot
    public record Storage(List<Path> directories, int port, Path stateDirectory) {
        public Storage {
            directories = List.copyOf(directories);
        }
    }
}
