package io.godwit.agent.config;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.OnSlow;
import io.godwit.migration.PagePolicy.Compression;
import io.godwit.migration.WhenSlow;
import io.godwit.shim.Guest;
import io.godwit.shim.NbdDisk;
import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.RecordSecrets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The agent's YAML file. `docs/agent.example.yaml` explains every key.
public final class AgentConfigFile {
    /// Where the service unit and the command line look.
    public static final Path DEFAULT = Path.of("/etc/godwit/agent.yaml");

    private static final int FILE_BYTES_MAX = 64 << 10;
    private static final int MISTAKES_MAX = 50;
    private static final int PORT_MAX = 65_535;
    private static final int LATE_PAGES_TIMEOUT_MS_MIN = 1_000;
    private static final int LATE_PAGES_TIMEOUT_MS_MAX = 86_400_000;
    private static final int IMAGE_DIRECTORIES_MAX = 32;
    private static final long HOST_RESERVE_BYTES = 1L << 30;

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?");
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:.]{2,45}");
    private static final Pattern ENSEMBLE = Pattern.compile(
            "([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+]):\\d{1,5}(,([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+]):\\d{1,5}){0,15}");
    private static final Pattern ZNODE = Pattern.compile("(/[A-Za-z0-9_.-]{1,64}){1,8}");
    private static final Pattern FRACTION = Pattern.compile("0\\.\\d{1,4}");
    private static final Pattern BRIDGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}");

    private final List<String> mistakes = new ArrayList<>();
    private final OptionalLong hostMemoryBytes;

    private AgentConfigFile(OptionalLong hostMemoryBytes) {
        this.hostMemoryBytes = hostMemoryBytes;
    }

    /// Reads and checks the file, and that the certificate files it names can be read.
    ///
    /// @throws ConfigException with all mistakes at once
    public static AgentConfig load(Path file) throws ConfigException {
        String text;
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new ConfigException(List.of(file + ": larger than " + FILE_BYTES_MAX + " bytes"));
            }
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(List.of(file + ": cannot be read: " + e));
        }
        return parse(file.toString(), text, HostMemory.totalBytes());
    }

    static AgentConfig parse(String fileName, String text, OptionalLong hostMemoryBytes) throws ConfigException {
        AgentConfigFile reader = new AgentConfigFile(hostMemoryBytes);
        AgentConfig config = reader.config(new KeyReader(YamlTree.read(text, reader::note), reader::note));
        if (!reader.mistakes.isEmpty()) {
            throw new ConfigException(
                    reader.mistakes.stream().map(m -> fileName + ": " + m).toList());
        }
        return config;
    }

    private void note(String mistake) {
        if (mistakes.size() < MISTAKES_MAX) {
            mistakes.add(mistake);
        }
    }

    private AgentConfig config(KeyReader top) {
        AgentConfig config = new AgentConfig(
                top.text("name", null, HOST, "a host name of letters, digits, dots and hyphens"),
                top.text("address", null, ADDRESS, "a host name or an IP address"),
                api(top.group("api")),
                migration(top.group("migration")),
                zooKeeper(top.group("zookeeper"), top.has("tls")),
                lease(top.group("lease")),
                tls(top),
                top.text("bridge", null, BRIDGE, "the name of a network interface"),
                top.path("runDirectory", "/run/godwit"),
                top.path("ramDirectory", "/dev/shm/godwit"),
                top.paths("imageDirectories", IMAGE_DIRECTORIES_MAX),
                top.parsed("accelerator", AgentConfig.Accelerator.AUTO, AgentConfigFile::accelerator),
                limits(top.group("limits")),
                new AgentConfig.Images(imageServers(top), top.has("storage") ? storage(top.group("storage")) : null));
        ImageKeys.check(config, top);
        if (config.lease().enforce()) {
            // Only what is turned on has to be safe: a short session timeout alone harms nobody.
            LeaseTimes.objections(config.lease().settings(), config.zookeeper().sessionTimeoutMs())
                    .forEach(objection -> top.wrong("lease", "is unsafe: " + objection));
        }
        if (config.api().port() == config.migration().port()) {
            note("api.port and migration.port are the same: " + config.api().port());
        }
        top.rejectUnknown();
        return config;
    }

    private AgentConfig.Api api(KeyReader keys) {
        AgentConfig.Api api = new AgentConfig.Api(
                keys.path("socket", "/run/godwit/agent.sock"), keys.integer("port", 7070, 1, PORT_MAX));
        // The kernel's sun_path holds 108 bytes with its final zero.
        if (api.socket().toString().getBytes(StandardCharsets.UTF_8).length > 107) {
            keys.wrong("socket", "is longer than the 107 bytes a Unix socket's path may have: " + api.socket());
        }
        keys.rejectUnknown();
        return api;
    }

    private AgentConfig.MigrationSettings migration(KeyReader keys) {
        MigrationPolicy policy = MigrationPolicy.DEFAULT;
        AgentConfig.MigrationSettings settings = new AgentConfig.MigrationSettings(
                keys.integer("port", 7071, 1, PORT_MAX),
                keys.parsed("connections", policy.connections(), AgentConfigFile::connections),
                keys.integer("downtimeMs", (int) policy.downtimeBudgetMs(), 1, 60_000),
                keys.parsed("bandwidth", policy.bandwidthBytesPerSecond(), AgentConfigFile::bandwidth),
                whenSlow(keys, policy.whenSlow()),
                keys.bool("yield", policy.yields()),
                keys.parsed("compression", policy.pages().compression(), Compression::parse),
                keys.integer(
                        "latePagesTimeoutMs",
                        (int) AgentConfig.MigrationSettings.LATE_PAGES_TIMEOUT_MS,
                        LATE_PAGES_TIMEOUT_MS_MIN,
                        LATE_PAGES_TIMEOUT_MS_MAX),
                keys.integer(
                        "rehearsals",
                        AgentConfig.MigrationSettings.REHEARSALS,
                        0,
                        AgentConfig.MigrationSettings.REHEARSALS_MAX));
        keys.rejectUnknown();
        return settings;
    }

    private static WhenSlow whenSlow(KeyReader keys, WhenSlow byDefault) {
        return new WhenSlow(
                keys.parsed("onSlow", byDefault.answer(), OnSlow::parse),
                keys.integer("downtimeMaxMs", (int) byDefault.downtimeMaxMs(), 1, WhenSlow.DOWNTIME_MS_MAX),
                keys.integer(
                        "throttleMaxPercent",
                        byDefault.throttlePercentMax(),
                        WhenSlow.THROTTLE_PERCENT_MIN,
                        Guest.THROTTLE_PERCENT_MAX));
    }

    private AgentConfig.ZooKeeper zooKeeper(KeyReader keys, boolean tlsFiles) {
        AgentConfig.ZooKeeper zooKeeper = new AgentConfig.ZooKeeper(
                keys.text("connect", null, ENSEMBLE, "a list such as zk1:2181,zk2:2181,zk3:2181"),
                keys.text("root", "/godwit", ZNODE, "the path of a node such as /godwit"),
                keys.integer("sessionTimeoutMs", 6_000, 1_000, 120_000),
                keys.bool("tls"),
                keys.has("secretFile") ? keys.path("secretFile", null) : null);
        if (zooKeeper.tls() && !tlsFiles) {
            keys.wrong("tls", "is true without a tls group, whose files it needs");
        }
        checkSecret(keys, zooKeeper.secretFile());
        keys.rejectUnknown();
        return zooKeeper;
    }

    private static void checkSecret(KeyReader keys, @Nullable Path file) {
        if (file != null) {
            try {
                RecordSecrets.read(file);
            } catch (IOException e) {
                keys.wrong("secretFile", String.valueOf(e.getMessage()));
            }
        }
    }

    private AgentConfig.Lease lease(KeyReader keys) {
        LeaseSettings fallback = LeaseSettings.DEFAULT;
        AgentConfig.Lease lease = new AgentConfig.Lease(
                keys.bool("enforce", true),
                new LeaseSettings(
                        keys.parsed("safety", fallback.safety(), AgentConfigFile::fraction),
                        keys.integer("renewIntervalMs", fallback.renewIntervalMs(), 50, 30_000),
                        keys.integer("pauseMs", fallback.pauseMs(), 50, 30_000),
                        keys.integer("killAfterMs", fallback.killAfterMs(), 100, 600_000),
                        keys.integer("killMs", fallback.killMs(), 50, 30_000),
                        keys.integer("serverTickMs", fallback.serverTickMs(), 50, 30_000)),
                keys.has("watchdog") ? keys.path("watchdog", null) : null);
        if (lease.watchdog() != null && !lease.enforce()) {
            keys.wrong("watchdog", "means nothing without \"enforce: true\"");
        }
        keys.rejectUnknown();
        return lease;
    }

    private static double fraction(String text) {
        if (!FRACTION.matcher(text).matches()) {
            throw new IllegalArgumentException("not a part of one such as 0.25: " + text);
        }
        return Double.parseDouble(text);
    }

    // Plain connections must be asked for in so many words: a forgotten tls group is a mistake, not a choice.
    private AgentConfig.@Nullable TlsFiles tls(KeyReader top) {
        boolean insecure = top.bool("insecure");
        KeyReader keys = top.group("tls");
        if (!top.has("tls")) {
            if (!insecure) {
                top.wrong(
                        "tls",
                        "is missing; \"godwit certs\" makes the files, and only \"insecure: true\" does without");
            }
            return null;
        }
        if (insecure) {
            top.wrong("insecure", "is true though there is a tls group: one of the two must go");
        }
        AgentConfig.TlsFiles files = new AgentConfig.TlsFiles(
                keys.path("authority", null), keys.path("certificate", null), keys.path("key", null));
        PemFiles.check(keys, "authority", files.authority(), PemFiles.Content.CERTIFICATE);
        PemFiles.check(keys, "certificate", files.certificate(), PemFiles.Content.CERTIFICATE);
        PemFiles.check(keys, "key", files.key(), PemFiles.Content.PRIVATE_KEY);
        keys.rejectUnknown();
        return files;
    }

    private AgentConfig.Limits limits(KeyReader keys) {
        boolean known = hostMemoryBytes.isPresent();
        if (!known && !keys.has("memory")) {
            keys.wrong("memory", "is missing, and the host's own memory cannot be read from /proc/meminfo");
        }
        long host = hostMemoryBytes.orElse(Long.MAX_VALUE);
        long fallback = known ? Math.max(host - HOST_RESERVE_BYTES, 0) : 0;
        AgentConfig.Limits limits = new AgentConfig.Limits(
                keys.parsed("memory", fallback, Quantities::parseBytes),
                keys.integer("guests", 64, 1, 1_000),
                keys.integer("migrations", 2, 1, 64));
        if (limits.memoryBytes() > host) {
            keys.wrong(
                    "memory",
                    "is more than this host has, which is " + Quantities.showBytes(host) + ": "
                            + Quantities.showBytes(limits.memoryBytes()));
        }
        keys.rejectUnknown();
        return limits;
    }

    private static List<AgentConfig.ImageServer> imageServers(KeyReader top) {
        return top.groups("imageServers", IMAGE_DIRECTORIES_MAX).stream()
                .map(keys -> {
                    AgentConfig.ImageServer server = new AgentConfig.ImageServer(
                            keys.path("directory", null),
                            keys.text("host", null, HOST, "a host name of letters, digits, dots and hyphens"),
                            keys.integer(
                                    "reconnectSeconds",
                                    AgentConfig.ImageServer.RECONNECT_SECONDS_DEFAULT,
                                    0,
                                    NbdDisk.RECONNECT_SECONDS_MAX));
                    keys.rejectUnknown();
                    return server;
                })
                .toList();
    }

    private static AgentConfig.Storage storage(KeyReader keys) {
        AgentConfig.Storage storage = new AgentConfig.Storage(
                keys.paths("directories", IMAGE_DIRECTORIES_MAX),
                keys.integer("port", 10_809, 1, PORT_MAX),
                keys.path("stateDirectory", "/var/lib/godwit/images"));
        keys.rejectUnknown();
        return storage;
    }

    private static int connections(String text) {
        if (text.equals("auto")) {
            return MigrationPolicy.DEFAULT.connections();
        }
        if (text.matches("[1-9]\\d?") && Integer.parseInt(text) <= MigrationPolicy.CONNECTIONS_MAX) {
            return Integer.parseInt(text);
        }
        throw new IllegalArgumentException(
                "neither auto nor a whole number from 1 to " + MigrationPolicy.CONNECTIONS_MAX + ": " + text);
    }

    private static long bandwidth(String text) {
        long rate = Quantities.parseRate(text);
        if (rate != 0 && rate < 64 << 10) {
            throw new IllegalArgumentException("below 64 KiB/s: " + text);
        }
        return rate;
    }

    private static AgentConfig.Accelerator accelerator(String text) {
        for (AgentConfig.Accelerator accelerator : AgentConfig.Accelerator.values()) {
            if (accelerator.name().toLowerCase(Locale.ROOT).equals(text)) {
                return accelerator;
            }
        }
        throw new IllegalArgumentException("not one of auto, kvm, tcg: " + text);
    }
}
