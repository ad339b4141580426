package io.godwit.benchmarks.run;

import java.util.List;

/// All that was measured.
///
/// @param failures runs that could not be made, twice, and guests that were not as they should be; empty if all is well
public record Results(List<Run> runs, List<String> failures) {
    public Results {
        runs = List.copyOf(runs);
        failures = List.copyOf(failures);
    }
}
