package io.godwit.benchmarks.measure;

import java.util.ArrayList;
import java.util.List;

/// How much a guest said to have done, and when: only the moments at which the figure was seen to change, for only
/// then it is fresh. Pure.
final class WorkSeries {
    private record Point(long atNs, long done) {}

    private final List<Point> points = new ArrayList<>();

    void add(long atNs, long done) {
        if (points.isEmpty() || points.getLast().done() != done) {
            points.add(new Point(atNs, done));
        }
    }

    /// Work a second between two moments, silence included; NaN if nothing was seen to change.
    double perSecond(long fromNs, long toNs) {
        if (points.size() < 2 || toNs - fromNs <= 0) {
            return Double.NaN;
        }
        return (doneAt(toNs) - doneAt(fromNs)) / ((toNs - fromNs) / 1e9);
    }

    /// Straight between two points. What was done after the last point is as good as that point, before the first as
    /// good as the first.
    private double doneAt(long momentNs) {
        Point before = points.getFirst();
        for (Point point : points) {
            if (point.atNs() - momentNs > 0) {
                double share = point.atNs() == before.atNs()
                        ? 0
                        : Math.max(0, momentNs - before.atNs()) / (double) (point.atNs() - before.atNs());
                return before.done() + share * (point.done() - before.done());
            }
            before = point;
        }
        return before.done();
    }
}
