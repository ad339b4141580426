package io.godwit.agent.guests;

import java.nio.file.Path;
import java.util.Optional;

/// Where guests' serial consoles are, if the hypervisor offers any.
@FunctionalInterface
public interface Consoles {
    Consoles NONE = _ -> Optional.empty();

    Optional<Console> console(String guest);

    /// @param socket a Unix socket that carries the console both ways
    /// @param log    all that the guest has written there on this host
    record Console(Path socket, Path log) {}
}
