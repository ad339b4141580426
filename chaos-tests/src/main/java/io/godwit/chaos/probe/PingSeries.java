package io.godwit.chaos.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// The requests of a series of pings as `ping -D` printed it, one by one. [PingLog] sums them up.
///
/// @param requests in the order of their numbers, to the last one that was answered: whether those after it were lost
///                 cannot be told from a series that ended
public record PingSeries(List<Request> requests) {
    /// Numbers have 16 bits. A series that goes on beyond them is read to there.
    private static final Pattern ANSWER = Pattern.compile(
            "^\\[(\\d{1,10})\\.(\\d{6})] \\d+ bytes from .*icmp_seq=(\\d{1,5}) .*time=(\\d+(?:\\.\\d+)?) ms",
            Pattern.MULTILINE);

    public PingSeries {
        requests = List.copyOf(requests);
    }

    /// @param sentNs  `System.nanoTime`; of one that was lost the moment between its neighbours at which it was due
    /// @param waitMs  until the first answer; positive infinity if there was none
    public record Request(long sentNs, double waitMs) {}

    /// @param output  what `ping` printed, as [PingProbe#end] returns it
    /// @param clocks  read on the same machine, in the minutes around the series
    public static PingSeries parse(String output, ClockPair clocks) {
        SortedMap<Integer, Request> answered = new TreeMap<>();
        ANSWER.matcher(output)
                .results()
                .forEach(answer -> answered.putIfAbsent(Integer.valueOf(answer.group(3)), request(answer, clocks)));
        return new PingSeries(withLost(answered));
    }

    /// `ping` prints when an answer came, and how long it took.
    private static Request request(MatchResult answer, ClockPair clocks) {
        double waitMs = Double.parseDouble(answer.group(4));
        long answeredNs = Long.parseLong(answer.group(1)) * 1_000_000_000 + Long.parseLong(answer.group(2)) * 1_000;
        return new Request(clocks.nanoTime(answeredNs - Math.round(waitMs * 1e6)), waitMs);
    }

    /// Numbers begin at 1, and one that is missing was not answered. Nothing is printed of it, but its neighbours tell
    /// when it was sent.
    private static List<Request> withLost(SortedMap<Integer, Request> answered) {
        List<Request> all = new ArrayList<>();
        int number = 0;
        long sentNs = 0;
        for (Map.Entry<Integer, Request> next : answered.entrySet()) {
            int steps = next.getKey() - number;
            long nextNs = next.getValue().sentNs();
            long stepNs = all.isEmpty() ? PingProbe.INTERVAL_NS : (nextNs - sentNs) / Math.max(1, steps);
            for (int left = steps - 1; left > 0; left--) {
                all.add(new Request(nextNs - left * stepNs, Double.POSITIVE_INFINITY));
            }
            all.add(next.getValue());
            number = next.getKey();
            sentNs = nextNs;
        }
        return all;
    }

    /// What 99 of 100 requests that were sent between two moments of `System.nanoTime` waited at most.
    ///
    /// @return as [Waits#percentileMs]
    public double p99Ms(long fromNs, long toNs) {
        return Waits.percentileMs(
                requests.stream()
                        .filter(request -> request.sentNs() - fromNs >= 0 && request.sentNs() - toNs < 0)
                        .mapToDouble(Request::waitMs),
                0.99);
    }
}
