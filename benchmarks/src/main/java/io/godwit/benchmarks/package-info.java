/// Moves one guest with Godwit and with QEMU's own migration, in turns, and compares what both cost.
@NullMarked
package io.godwit.benchmarks;

import org.jspecify.annotations.NullMarked;
