package io.godwit.chaos.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/// Draws faults from a seed, round by round. In a round up to two are in effect at a time; between rounds
/// everything works, until all guests are up. The kinds are dealt from a shuffled pack, so that every kind comes
/// before any comes again. The same seed, kinds, hosts and guests give the same rounds.
public final class Schedule {
    private static final int LANES = 2;
    private static final int FAULTS_PER_LANE = 4;
    private static final long GAP_MS_MAX = 1_200;
    private static final int DRAWS_MAX = 50;

    private final Random random;
    private final List<FaultKind> kinds;
    private final int hosts;
    private final int guests;
    private final List<FaultKind> pack = new ArrayList<>();
    private int number;

    /// @param kinds  none of them is drawn in vain; at least one
    public Schedule(long seed, Set<FaultKind> kinds, int hosts, int guests) {
        if (kinds.isEmpty() || hosts < 2 || guests < 1) {
            throw new IllegalArgumentException("Faults need a kind, two hosts and a guest at least");
        }
        this.random = new Random(seed);
        this.kinds = List.copyOf(new TreeSet<>(kinds));
        this.hosts = hosts;
        this.guests = guests;
    }

    /// The faults of the next round, in the order of their begin.
    public List<PlannedFault> nextRound() {
        List<PlannedFault> round = new ArrayList<>();
        for (int lane = 0; lane < LANES; lane++) {
            long atMs = random.nextLong(GAP_MS_MAX);
            for (int i = 0; i < FAULTS_PER_LANE; i++) {
                PlannedFault fault = draw(atMs, round);
                round.add(fault);
                atMs = fault.endMs() + 200 + random.nextLong(GAP_MS_MAX);
            }
        }
        round.sort(java.util.Comparator.comparingLong(PlannedFault::startMs));
        return round.stream()
                .map(fault -> new PlannedFault(
                        ++number,
                        fault.kind(),
                        fault.host(),
                        fault.other(),
                        fault.guest(),
                        fault.startMs(),
                        fault.holdMs()))
                .toList();
    }

    /// A fault that meets none of the others. If none is found the kind waits for its turn: another is dealt.
    private PlannedFault draw(long atMs, List<PlannedFault> others) {
        List<FaultKind> passedOver = new ArrayList<>();
        try {
            while (true) {
                FaultKind kind = deal();
                for (int attempt = 0; attempt < DRAWS_MAX; attempt++) {
                    PlannedFault fault = place(kind, atMs);
                    if (others.stream().noneMatch(other -> overlaps(fault, other) && fault.collides(other))) {
                        return fault;
                    }
                }
                passedOver.add(kind);
                if (passedOver.size() > kinds.size()) {
                    // Every kind is in the way of what is there: this one comes after all of that.
                    long freeMs =
                            others.stream().mapToLong(PlannedFault::endMs).max().orElse(0) + GAP_MS_MAX;
                    return place(passedOver.removeLast(), freeMs);
                }
            }
        } finally {
            pack.addAll(passedOver);
        }
    }

    private FaultKind deal() {
        if (pack.isEmpty()) {
            pack.addAll(kinds);
            Collections.shuffle(pack, random);
        }
        return pack.removeLast();
    }

    private PlannedFault place(FaultKind kind, long atMs) {
        int host = 1 + random.nextInt(hosts);
        int other = 1 + (host + random.nextInt(hosts - 1)) % hosts;
        long holdMs = kind.holdMsMin() + random.nextLong(kind.holdMsMax() - kind.holdMsMin() + 1);
        return new PlannedFault(0, kind, host, other, 1 + random.nextInt(guests), atMs, holdMs);
    }

    /// With a margin: to make and to undo a fault takes time.
    private static boolean overlaps(PlannedFault one, PlannedFault other) {
        return one.startMs() < other.endMs() + GAP_MS_MAX && other.startMs() < one.endMs() + GAP_MS_MAX;
    }
}
