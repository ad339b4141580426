package io.godwit.benchmarks.grid;

import java.util.Map;

/// A way to move a guest.
public sealed interface Configuration {
    /// For tables and file names.
    String name();

    /// What is not the default, in words.
    String tuning();

    /// Godwit, with fields of the migration request beyond target and downtime budget.
    ///
    /// @param word     after "godwit", if anything is asked for
    /// @param request  field to JSON value
    record Godwit(String word, Map<String, Object> request) implements Configuration {
        public Godwit {
            request = Map.copyOf(request);
        }

        @Override
        public String name() {
            return word.equals("default") ? "godwit" : "godwit " + word;
        }

        @Override
        public String tuning() {
            return request.isEmpty() ? "as installed" : request.toString();
        }
    }

    /// QEMU's own migration.
    record Qemu(QemuTuning mode) implements Configuration {
        @Override
        public String name() {
            return "qemu " + mode.word();
        }

        @Override
        public String tuning() {
            return mode.title();
        }
    }
}
