package io.godwit.chaos.run;

import io.godwit.chaos.faults.FaultKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// What a run is made of.
///
/// @param lab       its name
/// @param duration  no round begins after this; the last one is brought to its end
/// @param seed      of the faults and of the migrations
/// @param guests    from 1 to 9
/// @param kinds     of faults, at least one
/// @param imageServer  whether a fourth host, which runs no guests, serves the images; else all hosts see the files
/// @param operator  whether guests that were recorded as stopped are started again by hand
/// @param settle    what guests and agents may take to be up again once faults cease
/// @param folder    where history and logs go
public record ChaosSettings(
        String lab,
        Duration duration,
        long seed,
        int guests,
        Set<FaultKind> kinds,
        boolean imageServer,
        boolean operator,
        Duration settle,
        Path folder) {
    private static final int GUESTS_MAX = 9;
    private static final Duration DURATION_MAX = Duration.ofHours(2);

    public ChaosSettings {
        kinds = kinds.stream().filter(kind -> imageServer || !kind.ofStorage()).collect(Collectors.toUnmodifiableSet());
        if (guests < 1 || guests > GUESTS_MAX) {
            throw new IllegalArgumentException("Guests are not from 1 to " + GUESTS_MAX + ": " + guests);
        }
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("There is no kind of fault to make");
        }
        if (duration.isNegative() || duration.compareTo(DURATION_MAX) > 0) {
            throw new IllegalArgumentException("A run takes up to 120 minutes, not " + duration.toMinutes());
        }
    }

    /// All kinds of faults on three guests.
    public static ChaosSettings standard(String lab, Duration duration, long seed) {
        return new ChaosSettings(
                lab,
                duration,
                seed,
                3,
                EnumSet.allOf(FaultKind.class),
                false,
                false,
                Duration.ofSeconds(90),
                Path.of("/var/tmp/godwit-chaos", lab + "-" + seed));
    }

    public ChaosSettings withGuests(int count) {
        return new ChaosSettings(lab, duration, seed, count, kinds, imageServer, operator, settle, folder);
    }

    /// @param some  those of storage are left out where no host serves images
    public ChaosSettings withFaults(Set<FaultKind> some, boolean present) {
        return new ChaosSettings(lab, duration, seed, guests, some, present, operator, settle, folder);
    }

    public ChaosSettings withOperator(boolean present) {
        return new ChaosSettings(lab, duration, seed, guests, kinds, imageServer, present, settle, folder);
    }

    public ChaosSettings withSettle(Duration timeout) {
        return new ChaosSettings(lab, duration, seed, guests, kinds, imageServer, operator, timeout, folder);
    }

    public ChaosSettings withFolder(Path other) {
        return new ChaosSettings(lab, duration, seed, guests, kinds, imageServer, operator, settle, other);
    }
}
