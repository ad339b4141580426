/// The recovery's decisions, over every combination.
@NullMarked
package io.godwit.agent.recovery;

import org.jspecify.annotations.NullMarked;
