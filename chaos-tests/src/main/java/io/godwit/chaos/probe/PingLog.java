package io.godwit.chaos.probe;

import io.godwit.chaos.lab.LabException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A series of pings as `ping -D` printed it, summed up. How long answers took stands in [PingSeries], and without
/// those that were lost in [RoundTrips].
///
/// @param sent               requests
/// @param answered           of these, answered at least once
/// @param duplicates         answers beyond the first
/// @param unanswered         requests that were not answered though a later one was
/// @param longestSilenceMs   between two answers in a row, so never below the series' interval
public record PingLog(long sent, long answered, long duplicates, long unanswered, double longestSilenceMs) {
    private static final Pattern ANSWER =
            Pattern.compile("^\\[(\\d+\\.\\d+)] \\d+ bytes from .*icmp_seq=(\\d+) .*time=[0-9.]+ ms.*$");
    private static final Pattern SUMMARY =
            Pattern.compile("(\\d+) packets transmitted, (\\d+) received(?:, \\+(\\d+) duplicates)?.*");

    public long lost() {
        return sent - answered;
    }

    /// @throws LabException if the summary is missing, which ping prints when it is interrupted
    public static PingLog parse(String output) {
        List<Double> times = new ArrayList<>();
        Set<Long> answers = new HashSet<>();
        for (String line : output.split("\n", -1)) {
            Matcher answer = ANSWER.matcher(line);
            if (answer.matches()) {
                times.add(Double.parseDouble(answer.group(1)));
                answers.add(Long.parseLong(answer.group(2)));
            }
            Matcher summary = SUMMARY.matcher(line);
            if (summary.lookingAt()) {
                long duplicates = summary.group(3) == null ? 0 : Long.parseLong(summary.group(3));
                return new PingLog(
                        Long.parseLong(summary.group(1)),
                        Long.parseLong(summary.group(2)),
                        duplicates,
                        unanswered(answers),
                        longestGapMs(times));
            }
        }
        throw new LabException("ping printed no summary:\n" + output.substring(Math.max(0, output.length() - 500)));
    }

    private static long unanswered(Set<Long> answers) {
        long latest = answers.stream().mapToLong(Long::longValue).max().orElse(0);
        return latest - answers.size();
    }

    private static double longestGapMs(List<Double> times) {
        double longest = 0;
        for (int i = 1; i < times.size(); i++) {
            longest = Math.max(longest, times.get(i) - times.get(i - 1));
        }
        return longest * 1000;
    }
}
