package io.godwit.benchmarks.report;

import java.util.Locale;

/// Draws a picture of rows with figures along one axis. Plain strings; what is drawn is text for any viewer.
final class Svg {
    static final int LEFT = 190;
    static final int ROW = 30;
    private static final int WIDTH = 900;
    private static final int RIGHT = 120;
    private static final int TOP = 60;
    private static final int BOTTOM = 50;
    private static final int TICKS = 6;

    private final StringBuilder body = new StringBuilder();
    private final int height;
    private final double axisEnd;

    /// @param most the largest figure, which the axis has to reach
    Svg(String title, String unit, int rows, double most) {
        this.height = TOP + rows * ROW + BOTTOM;
        double step = niceStep(Math.max(most, 1e-9) / TICKS);
        this.axisEnd = step * Math.ceil(Math.max(most, 1e-9) / step);
        text(LEFT, 24, "start", "title", title);
        for (double at = 0; at <= axisEnd * 1.0001; at += step) {
            element(
                    "line",
                    "grid",
                    place("x1", x(at)),
                    place("y1", TOP - 8),
                    place("x2", x(at)),
                    place("y2", height - BOTTOM));
            text(x(at), height - BOTTOM + 18, "middle", "small", trim(at));
        }
        text(LEFT + plotWidth() / 2.0, height - 10, "middle", "small", unit);
    }

    /// The middle of a row, from 0.
    static double y(int row) {
        return TOP + row * ROW + ROW / 2.0;
    }

    double x(double value) {
        return LEFT + value / axisEnd * plotWidth();
    }

    void label(int row, String text) {
        text(LEFT - 10, y(row) + 4, "end", "label", text);
    }

    void note(int row, double after, String text) {
        text(x(after) + 8, y(row) + 4, "start", "small", text);
    }

    /// @param kind a class of the style sheet
    void bar(int row, double from, double to, double share, String kind) {
        double thickness = ROW * share;
        element(
                "rect",
                kind,
                place("x", x(from)),
                place("y", y(row) - thickness / 2),
                place("width", Math.max(0.6, x(to) - x(from))),
                place("height", thickness));
    }

    void dot(int row, double at) {
        element("circle", "dot", place("cx", x(at)), place("cy", y(row)), place("r", 3.5));
    }

    @Override
    public String toString() {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
                <style>
                text { font-family: sans-serif; font-size: 13px; fill: #222 }
                .title { font-size: 15px; font-weight: bold }
                .small { font-size: 11px; fill: #555 }
                .grid { stroke: #ddd; stroke-width: 1 }
                .godwit { fill: #2a7f62 }
                .godwit2 { fill: #6fb79d }
                .qemu { fill: #8a8fa3 }
                .qemu2 { fill: #bcc0cf }
                .dot { fill: #222; fill-opacity: 0.55 }
                </style>
                <rect width="%d" height="%d" fill="#fff"/>
                %s</svg>
                """.formatted(WIDTH, height, WIDTH, height, WIDTH, height, body);
    }

    private void text(double x, double y, String anchor, String kind, String text) {
        body.append("<text class=\"").append(kind).append('"');
        body.append(place("x", x)).append(place("y", y));
        body.append(" text-anchor=\"")
                .append(anchor)
                .append("\">")
                .append(escape(text))
                .append("</text>\n");
    }

    private void element(String name, String kind, String... places) {
        body.append('<').append(name).append(" class=\"").append(kind).append('"');
        body.append(String.join("", places)).append("/>\n");
    }

    private static String place(String attribute, double value) {
        return " " + attribute + "=\"" + Spread.number(value, 1) + "\"";
    }

    private static int plotWidth() {
        return WIDTH - LEFT - RIGHT;
    }

    /// 1, 2 or 5 times a power of ten, not below the wish.
    static double niceStep(double wish) {
        double power = Math.pow(10, Math.floor(Math.log10(wish)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= wish) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static String trim(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.3f", value).replaceAll("0+$", "");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
