package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// What the next agent must know of a guest: the content of `spec.json`.
///
/// @param format   of this record; [#FORMAT]
/// @param spec     as it was given
/// @param ramFile  where its RAM is
/// @param taps     one for each network card, in their order
record StoredGuest(int format, GuestSpec spec, Path ramFile, List<String> taps) {
    static final int FORMAT = 1;

    StoredGuest {
        if (format != FORMAT) {
            throw new IllegalArgumentException("Unknown format of a stored guest: " + format);
        }
        Objects.requireNonNull(spec);
        Objects.requireNonNull(ramFile);
        taps = List.copyOf(taps);
        if (taps.size() != spec.nics().size()) {
            throw new IllegalArgumentException("A stored guest has " + taps.size() + " taps, and network cards: "
                    + spec.nics().size());
        }
    }
}
