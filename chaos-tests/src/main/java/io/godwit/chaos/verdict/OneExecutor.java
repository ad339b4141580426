package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.List;

/// At no instant do two copies of a guest execute. A copy that another has succeeded never executes again: so of
/// any two copies, one has executed for the last time before the other does so for the first time.
///
/// What is seen of a copy is that it executed at *some* moment between two looks. Two copies are found guilty only
/// if no choice of these moments would put one wholly before the other.
public final class OneExecutor {
    private OneExecutor() {}

    /// @return what is wrong, as sentences; empty if nothing is
    public static List<String> check(List<Event> events) {
        List<String> findings = new ArrayList<>();
        Copies.byGuest(events, Copies.RAN_NS_MIN).forEach((guest, copies) -> {
            for (int i = 0; i < copies.size(); i++) {
                for (int j = i + 1; j < copies.size(); j++) {
                    compare(guest, copies.get(i), copies.get(j), findings);
                }
            }
        });
        return findings;
    }

    private static void compare(String guest, Copies.Copy one, Copies.Copy other, List<String> findings) {
        if (mayPrecede(one, other) || mayPrecede(other, one)) {
            return;
        }
        long overlapNs =
                Math.min(one.lastAfterNs(), other.lastAfterNs()) - Math.max(one.firstByNs(), other.firstByNs());
        findings.add(("Guest %s executed in process %s on %s and in process %s on %s by turns, around %.3f s, for at"
                        + " least %.1f ms")
                .formatted(
                        guest,
                        one.process(),
                        one.host(),
                        other.process(),
                        other.host(),
                        Math.max(one.firstByNs(), other.firstByNs()) / 1e9,
                        Math.max(0, overlapNs) / 1e6));
    }

    /// Whether all of one may have happened before all of the other.
    private static boolean mayPrecede(Copies.Copy one, Copies.Copy other) {
        return one.lastAfterNs() < other.firstByNs();
    }
}
