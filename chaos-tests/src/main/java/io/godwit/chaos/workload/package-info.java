/// What runs inside the lab's guests, and what it says of itself.
@NullMarked
package io.godwit.chaos.workload;

import org.jspecify.annotations.NullMarked;
