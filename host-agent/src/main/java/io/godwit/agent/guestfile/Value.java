package io.godwit.agent.guestfile;

import java.util.List;

/// The right side of an assignment.
sealed interface Value {
    int line();

    record Text(int line, String text) implements Value {}

    record Whole(int line, long number) implements Value {}

    record Items(int line, List<Value> items) implements Value {}

    default String described() {
        return switch (this) {
            case Text(int _, String text) -> "\"" + (text.length() > 80 ? text.substring(0, 80) + "..." : text) + "\"";
            case Whole(int _, long number) -> Long.toString(number);
            case Items(int _, List<Value> items) -> "a list of " + items.size();
        };
    }
}
