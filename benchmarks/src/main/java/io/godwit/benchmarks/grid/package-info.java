/// What is compared: links, workloads, contents, and the ways to move a guest.
@NullMarked
package io.godwit.benchmarks.grid;

import org.jspecify.annotations.NullMarked;
