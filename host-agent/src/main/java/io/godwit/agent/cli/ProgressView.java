package io.godwit.agent.cli;

import io.godwit.migration.MigrationProgress;

/// Shows a migration while it goes on. Called by one thread.
interface ProgressView {
    void show(MigrationProgress progress);

    /// Nothing more comes. Leaves the cursor at the beginning of a line.
    void end();

    ProgressView NONE = new ProgressView() {
        @Override
        public void show(MigrationProgress progress) {}

        @Override
        public void end() {}
    };
}
