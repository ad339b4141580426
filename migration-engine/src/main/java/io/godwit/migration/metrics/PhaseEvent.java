package io.godwit.migration.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/// One phase of a migration at one side, from its beginning to its end.
@Name("io.godwit.MigrationPhase")
@Label("Migration phase")
@Category("Godwit")
@Description("A phase of a migration, at its source or target")
@StackTrace(false)
final class PhaseEvent extends Event {
    @Label("Migration")
    String migration = "";

    @Label("Guest")
    String guest = "";

    @Label("Role")
    String role = "";

    @Label("Phase")
    String phase = "";

    @Label("Reason")
    String reason = "";
}
