package io.godwit.agent;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;

/// Opens the parts of a real agent for a test that replaces one of them.
public final class RealParts {
    private RealParts() {}

    public static AgentParts open(AgentConfig config) throws IOException {
        return ProductionParts.open(config);
    }
}
