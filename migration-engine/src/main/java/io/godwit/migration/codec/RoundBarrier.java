package io.godwit.migration.codec;

import io.godwit.migration.protocol.ProtocolException;
import java.util.Arrays;

/// Counts round ends of all data connections: a round is done when every connection has ended it. Safe for use
/// by several threads.
public final class RoundBarrier {
    private final int[] ended;
    private volatile int done = -1;

    public RoundBarrier(int connections) {
        ended = new int[connections];
        Arrays.fill(ended, -1);
    }

    /// The last round that every connection has ended, or -1. Whoever reads it sees everything that was applied
    /// in that round.
    public int done() {
        return done;
    }

    /// @return true if this completed the round
    public synchronized boolean end(int connection, int round) throws ProtocolException {
        if (round != ended[connection] + 1) {
            throw new ProtocolException("A round ended out of order on connection " + connection + ": " + round
                    + " after " + ended[connection]);
        }
        ended[connection] = round;
        int least = Arrays.stream(ended).min().orElseThrow();
        boolean completes = least > done;
        if (completes) {
            done = least;
        }
        return completes;
    }
}
