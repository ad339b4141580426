/// What is seen of a move from outside, the same for whoever makes it: echoes, wires, processors, memory.
@NullMarked
package io.godwit.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
