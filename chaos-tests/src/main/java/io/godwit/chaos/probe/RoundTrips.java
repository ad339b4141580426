package io.godwit.chaos.probe;

import io.godwit.chaos.lab.LabException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// How long the answers of a series of pings took, shortest first.
///
/// @param sortedMs at least one
public record RoundTrips(List<Double> sortedMs) {
    private static final Pattern ANSWER = Pattern.compile("icmp_seq=\\d+ .*time=(\\d+(?:\\.\\d+)?) ms");

    public RoundTrips {
        sortedMs = sortedMs.stream().sorted().toList();
        if (sortedMs.isEmpty()) {
            throw new LabException("No ping was answered");
        }
    }

    /// Of what `ping` printed.
    ///
    /// @throws LabException if nothing was answered
    public static RoundTrips parse(String output) {
        return new RoundTrips(ANSWER.matcher(output)
                .results()
                .map((MatchResult answer) -> Double.valueOf(answer.group(1)))
                .toList());
    }

    /// What this part of the answers stayed within.
    ///
    /// @param part from 0 to 1
    public double ms(double part) {
        return sortedMs.get((int) Math.round(part * (sortedMs.size() - 1)));
    }
}
