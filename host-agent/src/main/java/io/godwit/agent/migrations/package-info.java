/// Migrations as this host's agent sees them: it starts and follows those that leave, judges and receives those
/// that arrive, and answers the engine's question who may run a guest with what the owner record says.
@NullMarked
package io.godwit.agent.migrations;

import org.jspecify.annotations.NullMarked;
