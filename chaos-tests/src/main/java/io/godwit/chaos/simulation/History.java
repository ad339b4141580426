package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;

/// What a record said since when: readers may be behind.
final class History<T> {
    private final List<T> values = new ArrayList<>();
    private final List<Long> since = new ArrayList<>();

    History(T first) {
        add(first, 0);
    }

    T newest() {
        return values.getLast();
    }

    T at(long micros) {
        int i = values.size() - 1;
        while (i > 0 && since.get(i) > micros) {
            i--;
        }
        return values.get(i);
    }

    void add(T value, long micros) {
        values.add(value);
        since.add(micros);
    }
}
