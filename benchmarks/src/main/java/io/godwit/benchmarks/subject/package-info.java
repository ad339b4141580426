/// A guest that can be moved, and how a move went; the guest that Godwit moves.
@NullMarked
package io.godwit.benchmarks.subject;

import org.jspecify.annotations.NullMarked;
