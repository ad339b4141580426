package io.godwit.migration;

/// What gives way when a guest writes faster than its downtime budget allows. Something has to: its speed, its
/// silence, for a while its independence from one host, or the migration.
public enum OnSlow {
    /// The guest's speed: its virtual processors are slowed in steps until the budget can be met, and let go at
    /// once.
    THROTTLE,
    /// The budget: it grows in steps up to a stated maximum. The guest keeps its speed.
    STRETCH,
    /// The independence from its source: it is switched over as it is, and the rest of its memory follows it. It
    /// keeps its speed and its budget, but until the last page has come it needs both hosts.
    POST_COPY,
    /// The migration: it is given up with the figures. The guest keeps both.
    ABORT;

    /// As the command line and the configuration write it.
    public String word() {
        return Words.of(this);
    }

    /// @throws IllegalArgumentException with the words there are, if this is none of them
    public static OnSlow parse(String word) {
        return Words.parse(values(), word);
    }
}
