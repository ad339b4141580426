package io.godwit.agent.cli;

import io.godwit.agent.config.Quantities;
import java.util.Locale;

/// Figures and foreign text as they are shown to people.
final class Text {
    private Text() {}

    static String bytes(long bytes) {
        return Quantities.showBytes(bytes);
    }

    static String rate(long bytesPerSecond) {
        return bytesPerSecond == 0 ? "-" : Quantities.showBytes(bytesPerSecond) + "/s";
    }

    static String milliseconds(double ms) {
        return ms >= 10_000
                ? String.format(Locale.ROOT, "%.1f s", ms / 1000)
                : String.format(Locale.ROOT, ms >= 100 ? "%.0f ms" : "%.1f ms", ms);
    }

    static String seconds(long ms) {
        long s = ms / 1000;
        return s < 60
                ? String.format(Locale.ROOT, "%.1f s", ms / 1000.0)
                : String.format(Locale.ROOT, "%d:%02d min", s / 60, s % 60);
    }

    /// Without the control characters with which another host's text could steer the terminal.
    static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}&&[^\t]]", "?");
    }
}
