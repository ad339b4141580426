package io.godwit.agent.config;

import java.nio.file.Path;
import java.util.List;

/// What the keys about image servers must be together.
final class ImageKeys {
    private ImageKeys() {}

    static void check(AgentConfig config, KeyReader top) {
        List<AgentConfig.ImageServer> servers = config.images().servers();
        for (int i = 0; i < servers.size(); i++) {
            for (AgentConfig.ImageServer other : servers.subList(0, i)) {
                if (nested(servers.get(i).directory(), other.directory())) {
                    top.wrong(
                            "imageServers",
                            "names two servers for one image: "
                                    + servers.get(i).directory() + " and " + other.directory()
                                    + " are the same or one inside the other");
                }
            }
        }
        AgentConfig.Storage storage = config.images().storage();
        if (storage == null) {
            return;
        }
        for (int port : new int[] {config.api().port(), config.migration().port()}) {
            if (storage.port() == port) {
                top.wrong("storage", "has a port that api or migration has too: " + port);
            }
        }
        if (storage.stateDirectory().startsWith(config.runDirectory())) {
            top.wrong("storage", "keeps its state where it does not outlive a reboot: " + storage.stateDirectory());
        }
        for (AgentConfig.ImageServer server : servers) {
            boolean serves = storage.directories().stream().anyMatch(server.directory()::startsWith);
            if (server.host().equals(config.name()) && !serves) {
                top.wrong(
                        "imageServers", "says that this host serves " + server.directory() + ", and storage does not");
            }
        }
    }

    private static boolean nested(Path one, Path other) {
        return one.startsWith(other) || other.startsWith(one);
    }
}
