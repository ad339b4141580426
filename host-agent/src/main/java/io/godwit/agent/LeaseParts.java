package io.godwit.agent;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guard.GuardedHypervisor;
import io.godwit.agent.guard.LeaseKeeper;
import io.godwit.agent.guard.LeasePlan;
import io.godwit.agent.guard.LeaseSwitch;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.HostEntry;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an agent has of the lease: nothing, where it is not enforced and no guard is at work from a time when it was.
///
/// Its record says from the first announcement on what is true then: an earlier agent's guard still has the guests'
/// deadlines, or nobody has.
final class LeaseParts {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseParts.class);

    private final AgentConfig config;
    private final AgentParts parts;
    private final Path directory;
    private final boolean guarded;

    private long announcedWaitMs;
    private @Nullable LeasePlan plan;
    private @Nullable LeaseKeeper keeper;
    private @Nullable GuardedHypervisor hypervisor;
    private @Nullable LeaseSwitch follower;

    /// Takes what is to be closed, under a name for the log.
    @FunctionalInterface
    interface Closings {
        void add(String what, AutoCloseable thing);
    }

    LeaseParts(AgentConfig config, AgentParts parts) {
        this.config = config;
        this.parts = parts;
        this.directory = config.runDirectory().toAbsolutePath().resolve("guard");
        this.guarded = LeasePlan.guarded(directory);
    }

    /// What the record is to say of the lease in the first announcement.
    ///
    /// @param before what it says now
    long toAnnounce(Optional<HostEntry> before) {
        long saidMs = before.map(HostEntry::leaseTakeoverWaitMs).orElse(0L);
        // To ask for too long a wait does no harm, and the settings may have changed meanwhile.
        announcedWaitMs = saidMs > 0 && guarded && config.lease().enforce()
                ? Math.max(saidMs, configured().takeoverWaitMs())
                : 0;
        return announcedWaitMs;
    }

    /// Opens the lease once the host is announced.
    ///
    /// @return the hypervisor, behind a guard if there is to be one; every guest that is here is known to it
    Hypervisor open(Closings closings) throws IOException, InterruptedException {
        if (!config.lease().enforce() && !guarded) {
            return parts.hypervisor();
        }
        Path watchdog = config.lease().watchdog();
        LeasePlan made = new LeasePlan(
                config.lease().settings(),
                config.zookeeper().sessionTimeoutMs(),
                directory,
                watchdog == null ? "" : watchdog.toString(),
                announcedWaitMs,
                announcedWaitMs == 0 && !wanted());
        made.requireWatchdog();
        LeaseKeeper opened = LeaseKeeper.start(made, parts.ownership(), parts.meters());
        closings.add("the lease", opened);
        GuardedHypervisor behind = new GuardedHypervisor(parts.hypervisor(), opened);
        behind.noteAll();
        plan = made;
        keeper = opened;
        hypervisor = behind;
        return behind;
    }

    /// From here on the host follows the cluster's switch.
    void follow(Closings closings) {
        LeasePlan made = plan;
        LeaseKeeper opened = keeper;
        GuardedHypervisor behind = hypervisor;
        if (made == null || opened == null || behind == null) {
            return;
        }
        LeaseSwitch following = LeaseSwitch.start(
                config.lease().enforce(), made, opened, parts.ownership(), behind::noteAll, parts.meters());
        follower = following;
        closings.add("the lease's switch", following);
    }

    /// A session that is closed ends at once. Where others act on its end while guests run on for as long as the
    /// guard lets them, it has to lapse by itself, once this process is gone.
    void closeRecords() {
        LeaseSwitch followed = follower;
        boolean harmless = followed == null ? keeper == null && announcedWaitMs == 0 : followed.relaxed();
        if (harmless) {
            parts.ownership().close();
        } else {
            LOG.info("The session is left to lapse");
        }
    }

    private LeaseTimes configured() {
        return LeaseTimes.of(config.lease().settings(), config.zookeeper().sessionTimeoutMs());
    }

    private boolean wanted() {
        if (!config.lease().enforce()) {
            return false;
        }
        try {
            return parts.ownership().failover().on();
        } catch (OwnershipException e) {
            LOG.warn("The failover switch cannot be seen, so the lease is enforced for now: {}", e.getMessage());
            return true;
        }
    }
}
