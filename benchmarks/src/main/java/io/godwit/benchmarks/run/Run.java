package io.godwit.benchmarks.run;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.measure.EchoSeen;
import io.godwit.benchmarks.measure.HostUse;
import io.godwit.benchmarks.measure.PingWaits;
import io.godwit.benchmarks.subject.Move;
import io.godwit.chaos.probe.PingLog;
import java.util.List;

/// One move, and all that was seen of it.
///
/// @param configuration         its name
/// @param number                from 1, in its cell and configuration
/// @param wireBytes             what both hosts put on their links meanwhile
/// @param workBefore            pages the guest wrote a second before; NaN if it writes none
/// @param workDuring            and while it was moved, silence included
/// @param faults                what is wrong with the guest afterwards, as sentences
public record Run(
        Cell cell,
        String configuration,
        int number,
        Move move,
        long wireBytes,
        EchoSeen echo,
        PingLog ping,
        PingWaits pingWaits,
        double workBefore,
        double workDuring,
        HostUse use,
        List<String> faults) {
    public Run {
        faults = List.copyOf(faults);
    }

    public boolean completed() {
        return move.completed();
    }

    /// How much less the guest got done, from 0 to 1; NaN if it writes nothing.
    public double slowdown() {
        return workBefore > 0 ? Math.max(0, 1 - workDuring / workBefore) : Double.NaN;
    }

    /// Seconds of the guest's work that were not done while it was moved: a long move that slows it a little may cost
    /// it more than a short one that slows it a lot. NaN if it writes nothing.
    public double workLostS() {
        return slowdown() * move.totalMs() / 1e3;
    }

    /// For how much of the move the guest's processor could have computed and had none of the host's to do so.
    public double guestWaitShare() {
        return move.totalMs() > 0 ? use.guestWaitSeconds() / (move.totalMs() / 1e3) : Double.NaN;
    }

    /// How much of the link's speed was used while memory was under way; NaN if the link is not shaped.
    public double linkShare() {
        long speed = cell.link().bytesPerSecond();
        return speed == 0 || move.movingMs() <= 0 ? Double.NaN : wireBytes / (move.movingMs() / 1e3) / speed;
    }
}
