package io.godwit.agent;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;

/// The real parts, as the configuration asks for them.
final class ProductionParts {
    private ProductionParts() {}

    @SuppressWarnings("DoNotCallSuggester")
    static AgentParts open(AgentConfig config) throws IOException {
        throw new IOException("The agent's parts are not part of this build: " + config.name());
    }
}
