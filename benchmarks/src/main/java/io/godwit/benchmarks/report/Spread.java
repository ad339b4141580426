package io.godwit.benchmarks.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;

/// The middle and the ends of some figures. One that is positive infinity stands for what was lost, and is worse than
/// any other.
///
/// @param count how many there were; with none all else is NaN
public record Spread(double median, double min, double max, int count) {

    /// What is NaN was not measured, and does not count.
    public static Spread of(DoubleStream values) {
        double[] sorted = values.filter(value -> !Double.isNaN(value)).toArray();
        Arrays.sort(sorted);
        int count = sorted.length;
        if (count == 0) {
            return new Spread(Double.NaN, Double.NaN, Double.NaN, 0);
        }
        double middle = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
        return new Spread(middle, sorted[0], sorted[count - 1], count);
    }

    /// As `1.2 (1.1 to 1.5)`; one figure alone without ends, none as a dash.
    public String text(int decimals) {
        if (count == 0) {
            return "-";
        }
        String middle = number(median, decimals);
        return count == 1 ? middle : middle + " (" + number(min, decimals) + " to " + number(max, decimals) + ")";
    }

    static String number(double value, int decimals) {
        if (value == Double.POSITIVE_INFINITY) {
            return "lost";
        }
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
