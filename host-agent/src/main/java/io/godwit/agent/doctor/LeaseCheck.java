package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import io.godwit.storage.LeaseTimes;
import java.util.List;

/// Whether guests are stopped when ZooKeeper is away, and the times that follow from the settings.
final class LeaseCheck {
    private LeaseCheck() {}

    static Finding check(AgentConfig config) {
        AgentConfig.Lease lease = config.lease();
        if (!lease.enforce()) {
            return Finding.ok("lease", "not enforced: guests run on while ZooKeeper is away, and none are taken over");
        }
        int sessionTimeoutMs = config.zookeeper().sessionTimeoutMs();
        List<String> objections = LeaseTimes.objections(lease.settings(), sessionTimeoutMs);
        if (!objections.isEmpty()) {
            return Finding.fail("lease", "unsafe: " + String.join("; ", objections), "Correct the lease's settings.");
        }
        LeaseTimes times = LeaseTimes.of(lease.settings(), sessionTimeoutMs);
        return Finding.ok(
                "lease",
                "enforced; " + times.words() + "; a guest runs elsewhere at most "
                        + times.takeoverLatestMs(lease.settings()) + " ms after its host's death, and its start");
    }
}
