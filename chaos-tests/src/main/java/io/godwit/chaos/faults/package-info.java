/// What goes wrong during a run of `./chaos`: which fault when, drawn from a seed, and how each is made and undone
/// on the parts of a lab.
@NullMarked
package io.godwit.chaos.faults;

import org.jspecify.annotations.NullMarked;
