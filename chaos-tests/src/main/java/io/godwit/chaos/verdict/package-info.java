/// Judges a history: pure functions from events to findings, each of which has been shown a violation that it
/// must find.
@NullMarked
package io.godwit.chaos.verdict;

import org.jspecify.annotations.NullMarked;
