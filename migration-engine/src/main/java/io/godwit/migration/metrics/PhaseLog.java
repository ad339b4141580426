package io.godwit.migration.metrics;

import io.godwit.migration.metrics.MigrationMeters.Role;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where every transition of one side of a migration leaves its trace: log, meter, JFR. Used by one thread.
public final class PhaseLog {
    private static final Logger log = LoggerFactory.getLogger(PhaseLog.class);

    private final MigrationMeters meters;
    private final Role role;
    private String migration;
    private String guest;
    private @Nullable PhaseEvent current;

    public PhaseLog(MigrationMeters meters, Role role, String migration, String guest) {
        this.meters = meters;
        this.role = role;
        this.migration = migration;
        this.guest = guest;
    }

    /// A target learns whom it receives only from the first question.
    public void identify(String migrationId, String guestName) {
        migration = migrationId;
        guest = guestName;
    }

    public void entered(String phase, String reason) {
        ended();
        PhaseEvent event = new PhaseEvent();
        event.migration = migration;
        event.guest = guest;
        event.role = role.tag();
        event.phase = phase;
        event.reason = reason;
        event.begin();
        current = event;
        meters.phase(role, phase);
        log.atLevel(meters.level())
                .log("Migration {} of guest {}, {}: {} ({})", migration, guest, role.tag(), phase, reason);
    }

    /// The last phase is over.
    public void ended() {
        PhaseEvent event = current;
        if (event != null) {
            event.commit();
            current = null;
        }
    }
}
