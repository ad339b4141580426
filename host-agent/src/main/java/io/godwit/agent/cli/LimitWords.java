package io.godwit.agent.cli;

import io.godwit.agent.api.AdjustRequest;
import io.godwit.agent.config.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The limits that `godwit migrate --set` changes, as they are typed: `bandwidth=RATE`, `downtime=MS`.
record LimitWords(AdjustRequest request, String shown) {

    /// @throws IllegalArgumentException with a sentence if this is not what can be changed
    static LimitWords parse(List<String> words) {
        Long bandwidth = null;
        Long downtimeMs = null;
        for (String word : words) {
            int equals = word.indexOf('=');
            String key = equals < 0 ? "" : word.substring(0, equals);
            String value = word.substring(equals + 1);
            switch (key) {
                case "bandwidth" -> bandwidth = once(bandwidth, key, Quantities.parseRate(value));
                case "downtime" -> downtimeMs = once(downtimeMs, key, milliseconds(value));
                default -> throw new IllegalArgumentException("neither bandwidth=RATE nor downtime=MS: " + word);
            }
        }
        if (bandwidth == null && downtimeMs == null) {
            throw new IllegalArgumentException("nothing to change is given: bandwidth=RATE or downtime=MS");
        }
        String shown = (bandwidth == null ? "" : "bandwidth " + shownRate(bandwidth))
                + (bandwidth == null || downtimeMs == null ? "" : ", ")
                + (downtimeMs == null ? "" : "a downtime budget of " + downtimeMs + " ms");
        return new LimitWords(new AdjustRequest(bandwidth, downtimeMs), shown);
    }

    private static String shownRate(long bytesPerSecond) {
        return bytesPerSecond == 0 ? "unlimited" : Text.rate(bytesPerSecond);
    }

    private static long once(@Nullable Long before, String key, long value) {
        if (before != null) {
            throw new IllegalArgumentException(key + " is given twice");
        }
        return value;
    }

    private static long milliseconds(String value) {
        String digits = value.endsWith("ms") ? value.substring(0, value.length() - 2) : value;
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a number of milliseconds: " + value, e);
        }
    }
}
