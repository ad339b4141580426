package io.godwit.chaos.run;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.verdict.Margins;
import io.godwit.chaos.verdict.Silences;
import io.godwit.chaos.verdict.Verdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The figures of a run: what `--json` prints.
///
/// @param held          whether every check held
/// @param findings      by check
/// @param faults        how many were made
/// @param kinds         of how many kinds
/// @param silences      by kind of fault
/// @param migrations    how many ended, by result
/// @param acknowledged  disk records
/// @param operatorActs  what had to be done by hand
/// @param looks         at the processes
/// @param longestGapMs  between two of them
public record Outcome(
        long seed,
        double seconds,
        boolean held,
        Map<String, List<String>> findings,
        int faults,
        int kinds,
        List<Silences.OfKind> silences,
        Margins margins,
        Map<String, Integer> migrations,
        long acknowledged,
        List<String> operatorActs,
        long looks,
        double longestGapMs) {

    public Outcome {
        findings = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(findings));
        silences = List.copyOf(silences);
        migrations = java.util.Collections.unmodifiableMap(new TreeMap<>(migrations));
        operatorActs = List.copyOf(operatorActs);
    }

    static Outcome of(ChaosSettings settings, List<Event> events, Verdict verdict, long ranNs) {
        Map<String, Integer> migrations = new TreeMap<>();
        List<String> operatorActs = new java.util.ArrayList<>();
        long acknowledged = 0;
        long looks = 0;
        long longestGapNs = 0;
        for (Event event : events) {
            if (event instanceof Event.MigrationEnded ended) {
                migrations.merge(ended.result(), 1, Integer::sum);
            } else if (event instanceof Event.OperatorActed acted) {
                operatorActs.add(acted.words());
            } else if (event instanceof Event.Acknowledged) {
                acknowledged++;
            } else if (event instanceof Event.Watched watched) {
                looks += watched.looks();
                longestGapNs = Math.max(longestGapNs, watched.longestGapNs());
            }
        }
        List<Silences.OfKind> silences = Silences.of(events);
        return new Outcome(
                settings.seed(),
                ranNs / 1e9,
                verdict.held(),
                verdict.findings(),
                silences.stream().mapToInt(kind -> kind.silenceMs().size()).sum(),
                silences.size(),
                silences,
                Margins.of(events),
                migrations,
                acknowledged,
                operatorActs,
                looks,
                longestGapNs / 1e6);
    }
}
