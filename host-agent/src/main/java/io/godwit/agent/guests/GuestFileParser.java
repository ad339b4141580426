package io.godwit.agent.guests;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import java.util.List;

/// Understands guest files.
@FunctionalInterface
public interface GuestFileParser {
    /// @param fileName     for messages
    /// @param capabilities for what the file leaves open
    /// @throws AgentException BAD_REQUEST with every mistake
    Parsed parse(String fileName, String text, Hypervisor.Capabilities capabilities) throws AgentException;

    /// @param warnings about keys that mean nothing to Godwit
    record Parsed(GuestSpec spec, List<String> warnings) {
        public Parsed {
            warnings = List.copyOf(warnings);
        }
    }
}
