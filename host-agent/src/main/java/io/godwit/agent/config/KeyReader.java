package io.godwit.agent.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Takes typed values out of a [YamlNode.Mapping] and notes a mistake, instead of throwing, for each that is missing
/// or wrong; it goes on with a stand-in, so that the rest of the file is checked too.
final class KeyReader {
    private final String prefix;
    private final int line;
    private final Map<String, YamlNode.Entry> entries;
    private final Consumer<String> mistakes;
    private final Set<String> known = new HashSet<>();

    KeyReader(YamlNode.Mapping mapping, Consumer<String> mistakes) {
        this("", mapping, mistakes);
    }

    private KeyReader(String prefix, YamlNode.Mapping mapping, Consumer<String> mistakes) {
        this.prefix = prefix;
        this.line = mapping.line();
        this.entries = mapping.entries();
        this.mistakes = mistakes;
    }

    boolean has(String key) {
        return value(key) != null;
    }

    /// A nested group; an empty one if there is none.
    KeyReader group(String key) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            return new KeyReader(prefix + key + ".", new YamlNode.Mapping(0, Map.of()), mistakes);
        }
        if (entry.value() instanceof YamlNode.Mapping mapping) {
            return new KeyReader(prefix + key + ".", new YamlNode.Mapping(entry.line(), mapping.entries()), mistakes);
        }
        wrong(key, "is not a group of keys but " + entry.value().described());
        return new KeyReader(prefix + key + ".", new YamlNode.Mapping(0, Map.of()), mistakes);
    }

    /// @param fallback  null if the key must be there
    String text(String key, @Nullable String fallback, Pattern shape, String shapeInWords) {
        String text = scalar(key, fallback != null);
        if (text == null) {
            return fallback == null ? "" : fallback;
        }
        if (!shape.matcher(text).matches()) {
            wrong(key, "is not " + shapeInWords + ": " + text);
        }
        return text;
    }

    /// @param parse  throws IllegalArgumentException with the rest of a sentence that begins with the key
    <T> T parsed(String key, T fallback, Function<String, T> parse) {
        String text = scalar(key, true);
        if (text == null) {
            return fallback;
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            wrong(key, "is " + e.getMessage());
            return fallback;
        }
    }

    int integer(String key, int fallback, int min, int max) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            return fallback;
        }
        String expected = "is not a whole number from " + min + " to " + max + ": ";
        if (entry.value() instanceof YamlNode.Scalar(int _, String text, YamlNode.Kind kind)
                && kind == YamlNode.Kind.INTEGER
                && text.length() <= 10) {
            try {
                long number = Long.parseLong(text);
                if (number >= min && number <= max) {
                    return (int) number;
                }
            } catch (NumberFormatException _) {
                // YAML also calls 0x10 and 1_000 integers; the sentence below says what is wanted.
            }
        }
        wrong(key, expected + entry.value().described());
        return fallback;
    }

    boolean bool(String key) {
        return bool(key, false);
    }

    boolean bool(String key, boolean fallback) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            return fallback;
        }
        if (entry.value() instanceof YamlNode.Scalar(int _, String text, YamlNode.Kind kind)
                && kind == YamlNode.Kind.BOOLEAN) {
            return Boolean.parseBoolean(text);
        }
        wrong(key, "is neither true nor false: " + entry.value().described());
        return false;
    }

    /// @param fallback  null if the key must be there
    Path path(String key, @Nullable String fallback) {
        String text = scalar(key, fallback != null);
        return absolute(key, text == null ? (fallback == null ? "/" : fallback) : text);
    }

    List<Path> paths(String key, int max) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            missing(key);
            return List.of();
        }
        if (!(entry.value() instanceof YamlNode.Sequence(int _, List<YamlNode> items))) {
            wrong(key, "is not a list of directories but " + entry.value().described());
            return List.of();
        }
        if (items.isEmpty() || items.size() > max) {
            wrong(key, "does not hold from 1 to " + max + " directories: " + items.size());
        }
        List<Path> paths = new ArrayList<>();
        for (YamlNode item : items.subList(0, Math.min(items.size(), max))) {
            if (item instanceof YamlNode.Scalar(int _, String text, YamlNode.Kind kind)
                    && kind == YamlNode.Kind.STRING) {
                paths.add(absolute(key, text));
            } else {
                wrong(key, "holds something that is not a directory: " + item.described());
            }
        }
        return paths;
    }

    /// A list of groups of keys; empty if there is none.
    List<KeyReader> groups(String key, int max) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            return List.of();
        }
        if (!(entry.value() instanceof YamlNode.Sequence(int _, List<YamlNode> items))) {
            wrong(key, "is not a list but " + entry.value().described());
            return List.of();
        }
        if (items.size() > max) {
            wrong(key, "holds more than " + max + " entries: " + items.size());
        }
        List<KeyReader> groups = new ArrayList<>();
        for (YamlNode item : items.subList(0, Math.min(items.size(), max))) {
            if (item instanceof YamlNode.Mapping mapping) {
                groups.add(new KeyReader(prefix + key + ".", mapping, mistakes));
            } else {
                wrong(key, "holds something that is not a group of keys: " + item.described());
            }
        }
        return groups;
    }

    void wrong(String key, String problem) {
        YamlNode.Entry entry = entries.get(key);
        int at = entry == null ? line : entry.line();
        mistakes.accept((at > 0 ? "line " + at + ": " : "") + prefix + key + " " + problem);
    }

    /// To be called last: whatever was never asked for is a mistake, most likely of spelling.
    void rejectUnknown() {
        entries.forEach((key, entry) -> {
            if (!known.contains(key)) {
                mistakes.accept("line " + entry.line() + ": " + prefix + key + " is not a key of this file; here it "
                        + "may hold "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        });
    }

    private Path absolute(String key, String text) {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute() && text.length() <= 1024) {
                return path.normalize();
            }
        } catch (InvalidPathException _) {
            // Reported below with all other paths that are none.
        }
        wrong(key, "is not an absolute path: " + text);
        return Path.of("/");
    }

    private @Nullable String scalar(String key, boolean optional) {
        YamlNode.Entry entry = value(key);
        if (entry == null) {
            if (!optional) {
                missing(key);
            }
            return null;
        }
        if (entry.value() instanceof YamlNode.Scalar scalar && scalar.kind() != YamlNode.Kind.NULL) {
            return scalar.text();
        }
        wrong(key, "is not a single value but " + entry.value().described());
        return null;
    }

    private void missing(String key) {
        mistakes.accept((line > 1 ? "line " + line + ": " : "") + prefix + key + " is missing");
    }

    private YamlNode.@Nullable Entry value(String key) {
        known.add(key);
        return entries.get(key);
    }
}
