package io.godwit.chaos.run;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.ZooKeeperNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// What stays of a lab when it goes: everybody's logs.
record Evidence(Lab lab, Path folder) {

    void keep() throws IOException {
        for (LabHost host : lab.hosts()) {
            copy(host.agentLogFile(), host.name() + "-agent.log");
            copy(host.runDirectory().resolve("guard/guard.log"), host.name() + "-guard.log");
        }
        for (ZooKeeperNode server : lab.zookeeper().servers()) {
            copy(server.logFile(), "zookeeper-" + server.number() + ".log");
        }
    }

    private void copy(Path file, String name) throws IOException {
        if (Files.exists(file)) {
            Files.copy(file, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
