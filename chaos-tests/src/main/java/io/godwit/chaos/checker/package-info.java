/// Judges whether promises were kept. Each checker has a test of its own in which it catches a planted fault.
@NullMarked
package io.godwit.chaos.checker;

import org.jspecify.annotations.NullMarked;
