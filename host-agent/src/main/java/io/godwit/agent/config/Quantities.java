package io.godwit.agent.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Amounts of memory and rates as people write them: `12GiB`, `800Mbit/s`, `unlimited`.
public final class Quantities {
    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?)\\s*([A-Za-z]+)");
    private static final Pattern RATE = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?)\\s*([A-Za-z]+)/s");

    private static final Map<String, Long> BYTES = Map.of(
            "B", 1L,
            "KB", 1_000L,
            "MB", 1_000_000L,
            "GB", 1_000_000_000L,
            "TB", 1_000_000_000_000L,
            "KiB", 1L << 10,
            "MiB", 1L << 20,
            "GiB", 1L << 30,
            "TiB", 1L << 40);
    private static final Map<String, Long> BITS =
            Map.of("bit", 1L, "kbit", 1_000L, "Kbit", 1_000L, "Mbit", 1_000_000L, "Gbit", 1_000_000_000L);

    private Quantities() {}

    /// @param text  a number with a unit: `B`, `KB` to `TB`, `KiB` to `TiB`
    /// @return bytes, rounded down
    /// @throws IllegalArgumentException with a sentence if it is none of these
    public static long parseBytes(String text) {
        Matcher matcher = AMOUNT.matcher(text.strip());
        Long unit = matcher.matches() ? BYTES.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("not an amount of memory such as 512MiB or 12GiB: " + shown(text));
        }
        return product(matcher.group(1), unit, 1, text);
    }

    /// @param text  `unlimited`, or a number with a unit of bytes or bits a second: `100MiB/s`, `800Mbit/s`
    /// @return bytes a second, rounded down; 0 for `unlimited`
    /// @throws IllegalArgumentException with a sentence if it is none of these
    public static long parseRate(String text) {
        if (text.strip().equals("unlimited")) {
            return 0;
        }
        Matcher matcher = RATE.matcher(text.strip());
        if (matcher.matches()) {
            Long bits = BITS.get(matcher.group(2));
            Long bytes = BYTES.get(matcher.group(2));
            if (bits != null) {
                return positive(product(matcher.group(1), bits, 8, text), text);
            }
            if (bytes != null) {
                return positive(product(matcher.group(1), bytes, 1, text), text);
            }
        }
        throw new IllegalArgumentException("not a rate such as 800Mbit/s, 100MiB/s or unlimited: " + shown(text));
    }

    /// Bytes with a binary unit and three significant digits or so: `512 MiB`, `1.50 GiB`.
    public static String showBytes(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        int decimals = unit == 0 || value >= 100 || value == Math.rint(value) ? 0 : value >= 10 ? 1 : 2;
        return String.format(java.util.Locale.ROOT, "%." + decimals + "f %s", value, units[unit]);
    }

    // Zero means "no cap" downstream: a rate that rounds to nothing must not turn into its opposite.
    private static long positive(long bytesPerSecond, String text) {
        if (bytesPerSecond == 0) {
            throw new IllegalArgumentException("a rate of nothing; write unlimited for no cap: " + shown(text));
        }
        return bytesPerSecond;
    }

    private static long product(String number, long unit, long divisor, String text) {
        BigDecimal product = new BigDecimal(number)
                .multiply(BigDecimal.valueOf(unit))
                .divide(BigDecimal.valueOf(divisor), 0, RoundingMode.DOWN);
        if (product.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("too large: " + shown(text));
        }
        return product.longValueExact();
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "..." : text;
    }
}
