/// Looks at a host and says what of it would keep Godwit from working, and how to mend that. Changes nothing.
@NullMarked
package io.godwit.agent.doctor;

import org.jspecify.annotations.NullMarked;
