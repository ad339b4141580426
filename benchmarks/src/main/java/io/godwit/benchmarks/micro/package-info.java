/// Benchmarks of single parts of the code, run by JMH.
@NullMarked
package io.godwit.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
