package io.godwit.chaos.simulation;

/// One end of a migration.
interface MigrationSide {
    void receive(Message message);
}
