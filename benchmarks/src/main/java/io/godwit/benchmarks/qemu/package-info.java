/// Moves a guest with QEMU's own migration, as its documentation advises.
@NullMarked
package io.godwit.benchmarks.qemu;

import org.jspecify.annotations.NullMarked;
