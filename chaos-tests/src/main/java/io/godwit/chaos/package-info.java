/// A whole data centre on one machine, and what is done to it to see whether the promises hold.
@NullMarked
package io.godwit.chaos;

import org.jspecify.annotations.NullMarked;
