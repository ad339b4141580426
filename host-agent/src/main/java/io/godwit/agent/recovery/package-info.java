/// What is to be done when hosts have something else of a guest than its record says: decided here, without touching
/// anything, and carried out by each host's own agent, which asks the record once more before it does.
@NullMarked
package io.godwit.agent.recovery;

import org.jspecify.annotations.NullMarked;
