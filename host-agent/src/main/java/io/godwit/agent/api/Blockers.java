package io.godwit.agent.api;

import java.util.List;

/// Everything that speaks against a migration; empty if nothing does.
public record Blockers(String guest, String source, String target, List<String> blockers) {
    public Blockers {
        blockers = List.copyOf(blockers);
    }
}
