/// What was seen during a run of `./chaos`, with monotonic times, in the order in which it was told: the evidence
/// that the checkers in `io.godwit.chaos.verdict` judge, and that is kept when they find something.
@NullMarked
package io.godwit.chaos.history;

import org.jspecify.annotations.NullMarked;
