/// `./chaos`: brings a lab up, lets guests work and move in it while faults hit it, and judges what was seen.
@NullMarked
package io.godwit.chaos.run;

import org.jspecify.annotations.NullMarked;
