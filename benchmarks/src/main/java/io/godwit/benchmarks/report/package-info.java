/// What many moves came to: medians, tables, plots.
@NullMarked
package io.godwit.benchmarks.report;

import org.jspecify.annotations.NullMarked;
