package io.godwit.agent.config;

import java.util.List;
import java.util.Map;

/// A YAML document that still knows its lines, which a plain object mapper forgets.
sealed interface YamlNode {
    int line();

    record Mapping(int line, Map<String, Entry> entries) implements YamlNode {}

    record Sequence(int line, List<YamlNode> items) implements YamlNode {}

    /// @param text  the scalar as a string; `null` in YAML is empty
    record Scalar(int line, String text, Kind kind) implements YamlNode {}

    /// @param line  of the key, which for a nested mapping is not the line of the value
    record Entry(int line, YamlNode value) {}

    enum Kind {
        STRING,
        INTEGER,
        DECIMAL,
        BOOLEAN,
        NULL
    }

    default String described() {
        return switch (this) {
            case Mapping _ -> "a group of keys";
            case Sequence _ -> "a list";
            case Scalar(int _, String text, Kind kind) -> kind == Kind.NULL ? "nothing" : "\"" + shortened(text) + "\"";
        };
    }

    private static String shortened(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "..." : text;
    }
}
