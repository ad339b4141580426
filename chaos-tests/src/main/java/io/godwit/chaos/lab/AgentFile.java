package io.godwit.chaos.lab;

import java.nio.file.Path;

/// Writes an agent's configuration file.
record AgentFile(LabSettings settings, LabPaths paths) {
    /// See [LabSettings#asInstalled].
    private static final String FOR_TESTS = "  rehearsals: 0\n  connections: 2\n";

    String text(String name, String address, LabHost host) {
        return """
                name: %s
                address: %s
                api:
                  socket: %s
                  port: %d
                migration:
                  port: %d
                %szookeeper:
                  connect: %s
                  root: /godwit
                  sessionTimeoutMs: 6000
                lease:
                  enforce: %s
                  killAfterMs: %d
                %s
                bridge: br0
                runDirectory: %s
                ramDirectory: %s
                imageDirectories:
                  - %s
                %saccelerator: auto
                limits:
                  memory: %dMiB
                  guests: 8
                  migrations: 4
                """.formatted(
                        name,
                        address,
                        host.socket(),
                        LabHost.API_PORT,
                        LabHost.MIGRATION_PORT,
                        settings.asInstalled() ? "" : FOR_TESTS,
                        LabZooKeeper.connectString(settings),
                        settings.leaseKillAfterMs() > 0,
                        Math.max(settings.leaseKillAfterMs(), 2_000),
                        security(name),
                        host.runDirectory(),
                        host.ramDirectory(),
                        paths.images(),
                        images(host),
                        settings.hostMemoryMiB());
    }

    private String images(LabHost host) {
        if (settings.imageServer() == 0) {
            return "";
        }
        String way = """
                imageServers:
                  - directory: %s
                    host: h%d
                """.formatted(paths.images(), settings.imageServer());
        if (host.number() != settings.imageServer()) {
            return way;
        }
        return way + """
                storage:
                  directories:
                    - %s
                  stateDirectory: %s
                """.formatted(paths.images(), host.folder().resolve("images"));
    }

    private String security(String name) {
        if (settings.insecure()) {
            return "insecure: true";
        }
        Path certificates = paths.run().resolve("certs");
        return """
                tls:
                  authority: %s
                  certificate: %s
                  key: %s""".formatted(
                        certificates.resolve("ca.crt"),
                        certificates.resolve(name + ".crt"),
                        certificates.resolve(name + ".key"));
    }
}
