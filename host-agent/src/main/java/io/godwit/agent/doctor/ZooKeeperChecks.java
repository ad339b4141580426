package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.zookeeper.PrivateFolder;
import io.godwit.agent.zookeeper.RecordSettings;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordsCheck;
import io.godwit.storage.RecordsCheck.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Whether the ensemble's servers can be reached one by one, whether together they answer, and who else may.
final class ZooKeeperChecks {
    private static final String NAME = "ZooKeeper";
    private static final String RECORDS = "records";

    private ZooKeeperChecks() {}

    static List<Finding> check(AgentConfig config) throws IOException, InterruptedException {
        try (PrivateFolder folder = PrivateFolder.make()) {
            return check(config.zookeeper(), RecordSettings.of(config, "doctor", folder.path()));
        }
    }

    private static List<Finding> check(AgentConfig.ZooKeeper zookeeper, OwnershipSettings settings)
            throws IOException, InterruptedException {
        String[] servers = zookeeper.connect().split(",", -1);
        List<String> obstacles = new ArrayList<>();
        for (String server : servers) {
            RecordsCheck.obstacle(server, settings.access()).ifPresent(obstacles::add);
        }
        if (obstacles.size() == servers.length) {
            return List.of(Finding.fail(
                    NAME,
                    "none of its servers can be used: " + String.join("; ", obstacles),
                    "Start ZooKeeper, or correct zookeeper.connect or zookeeper.tls."));
        }
        List<Finding> findings = new ArrayList<>();
        for (String obstacle : obstacles) {
            findings.add(Finding.warn(NAME, obstacle, "See to that server, its certificate, or the firewall between."));
        }
        findings.addAll(session(zookeeper, settings));
        if (servers.length < 3) {
            findings.add(Finding.warn(
                    NAME,
                    servers.length + " server(s): one that fails stops every migration and every failover",
                    "Run an ensemble of three or five."));
        }
        return findings;
    }

    private static List<Finding> session(AgentConfig.ZooKeeper zookeeper, OwnershipSettings settings)
            throws IOException, InterruptedException {
        return switch (RecordsCheck.ask(settings)) {
            case Answer.NoSession _ ->
                List.of(Finding.fail(
                        NAME,
                        "its servers accept connections but give no session; there may be no quorum",
                        "See that more than half of its servers run."));
            case Answer.Failed(String reason) ->
                List.of(Finding.fail(NAME, "a request failed: " + reason, "See its servers' logs."));
            case Answer.Session(int granted, var _)
            when granted != zookeeper.sessionTimeoutMs() ->
                List.of(Finding.fail(
                        NAME,
                        "it grants a session timeout of " + granted + " ms instead of " + zookeeper.sessionTimeoutMs()
                                + " ms",
                        "Change minSessionTimeout or maxSessionTimeout at its servers, or"
                                + " zookeeper.sessionTimeoutMs."));
            case Answer.Session(int _, RecordsCheck.Records records) -> {
                String root = records == RecordsCheck.Records.NONE ? " will be made by the first agent" : " is there";
                yield List.of(
                        Finding.ok(
                                NAME,
                                "reached" + (zookeeper.tls() ? " over TLS" : "") + "; " + zookeeper.root() + root),
                        guarded(zookeeper, records));
            }
        };
    }

    /// Who else could change the records.
    private static Finding guarded(AgentConfig.ZooKeeper zookeeper, RecordsCheck.Records records) {
        boolean secret = zookeeper.secretFile() != null;
        return switch (records) {
            case CLOSED ->
                Finding.fail(
                        RECORDS,
                        secret
                                ? "they belong to another secret"
                                : "they need a secret, and zookeeper.secretFile is not set",
                        "Give this host the cluster's secret file.");
            case OPEN ->
                secret
                        ? Finding.fail(
                                RECORDS,
                                "they are open to whoever reaches ZooKeeper, so the agent does not use them",
                                "Close them with godwit records protect.")
                        : open();
            case NONE, PROTECTED -> {
                if (!secret) {
                    yield open();
                }
                yield zookeeper.tls()
                        ? Finding.ok(RECORDS, "only the cluster's secret opens them, and it travels encrypted")
                        : Finding.warn(
                                RECORDS,
                                "only the cluster's secret opens them, but it crosses the network in the clear",
                                "Set zookeeper.tls: true, with servers that speak TLS; see docs/install.md.");
            }
        };
    }

    private static Finding open() {
        return Finding.warn(
                RECORDS,
                "whoever reaches ZooKeeper can move ownership of guests",
                "Set zookeeper.secretFile and zookeeper.tls; see docs/install.md.");
    }
}
