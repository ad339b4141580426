/// One move after the other: boot, watch, move, check, clean up.
@NullMarked
package io.godwit.benchmarks.run;

import org.jspecify.annotations.NullMarked;
