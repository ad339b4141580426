package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guard.LeasePlan;
import io.godwit.agent.zookeeper.PrivateFolder;
import io.godwit.agent.zookeeper.RecordSettings;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.HostEntry;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether guests are stopped when ZooKeeper is away, and the times that follow from the settings.
final class LeaseCheck {
    private static final String NAME = "lease";
    private static final String FAILOVER = "failover";

    private LeaseCheck() {}

    static Finding check(AgentConfig config) {
        AgentConfig.Lease lease = config.lease();
        if (!lease.enforce()) {
            return Finding.warn(
                    NAME,
                    "not enforced: guests run on while ZooKeeper is away, and none of this host's are ever taken over",
                    "Remove lease.enforce, unless that is what you want.");
        }
        int sessionTimeoutMs = config.zookeeper().sessionTimeoutMs();
        List<String> objections = LeaseTimes.objections(lease.settings(), sessionTimeoutMs);
        if (!objections.isEmpty()) {
            return Finding.fail(NAME, "unsafe: " + String.join("; ", objections), "Correct the lease's settings.");
        }
        Path watchdog = lease.watchdog();
        Optional<String> obstacle = watchdog == null ? Optional.empty() : LeasePlan.watchdogObstacle(watchdog);
        if (obstacle.isPresent()) {
            return Finding.fail(
                    NAME, obstacle.get(), "Load the watchdog's driver, such as softdog, or remove lease.watchdog.");
        }
        LeaseTimes times = LeaseTimes.of(lease.settings(), sessionTimeoutMs);
        return Finding.ok(
                NAME,
                "enforced; " + times.words() + "; a guest runs elsewhere at most "
                        + times.takeoverLatestMs(lease.settings()) + " ms after its host's death, and its start");
    }

    /// How the cluster's switch stands, and whether this host has followed it. Nothing if ZooKeeper does not answer,
    /// for that is said elsewhere.
    static List<Finding> cluster(AgentConfig config) throws IOException, InterruptedException {
        try (PrivateFolder folder = PrivateFolder.make();
                Ownership records = Ownership.connect(
                        RecordSettings.of(config, "doctor", folder.path()), new SimpleMeterRegistry())) {
            FailoverSwitch failover = records.failover();
            Optional<HostEntry> self = records.host(config.name());
            List<Finding> findings = new ArrayList<>();
            findings.add(words(failover));
            self.filter(HostEntry::alive).ifPresent(host -> findings.add(followed(config, failover, host)));
            return findings;
        } catch (OwnershipException e) {
            return e.kind() == OwnershipException.Kind.UNDECIDED
                    ? List.of()
                    : List.of(Finding.fail(FAILOVER, String.valueOf(e.getMessage()), "See the finding on records."));
        }
    }

    private static Finding words(FailoverSwitch failover) {
        return failover.on()
                ? Finding.ok(FAILOVER, "on")
                : Finding.warn(
                        FAILOVER,
                        "off, turned by " + failover.by() + ", " + Instant.ofEpochMilli(failover.sinceMs())
                                + ": nothing is taken over, and guests run on without ZooKeeper",
                        "Turn it on when the work is done: godwit failover on.");
    }

    private static Finding followed(AgentConfig config, FailoverSwitch failover, HostEntry self) {
        boolean wanted = failover.on() && config.lease().enforce();
        if (wanted == self.enforcesLease()) {
            return Finding.ok(
                    FAILOVER,
                    wanted
                            ? "this host's guests may be started elsewhere " + self.leaseTakeoverWaitMs()
                                    + " ms after its session has ended"
                            : "this host's guests are not taken over");
        }
        return Finding.warn(
                FAILOVER,
                wanted
                        ? "this host does not enforce the lease yet: none of its guests would be taken over"
                        : "this host still stops its guests when it loses ZooKeeper",
                "Wait some seconds; if it stays so, see the agent's log for what is in its way.");
    }
}
