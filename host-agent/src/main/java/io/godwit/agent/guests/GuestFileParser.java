package io.godwit.agent.guests;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.placement.RestartPolicy;
import java.util.List;

/// Understands guest files.
@FunctionalInterface
public interface GuestFileParser {
    /// @param fileName     for messages
    /// @param capabilities for what the file leaves open
    /// @throws AgentException BAD_REQUEST with every mistake
    Parsed parse(String fileName, String text, Hypervisor.Capabilities capabilities) throws AgentException;

    /// @param policy   what becomes of the guest when its host dies
    /// @param warnings about keys that mean nothing to Godwit
    record Parsed(GuestSpec spec, RestartPolicy policy, List<String> warnings) {
        public Parsed {
            warnings = List.copyOf(warnings);
        }

        /// Of a file that asks nothing special of failover.
        public Parsed(GuestSpec spec, List<String> warnings) {
            this(spec, RestartPolicy.DEFAULT, warnings);
        }
    }
}
