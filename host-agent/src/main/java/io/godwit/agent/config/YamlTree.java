package io.godwit.agent.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/// Reads one YAML document into [YamlNode]s. Anchors and aliases are refused: a configuration file has no need of
/// them, and they are how small files become large trees.
final class YamlTree {
    private static final int DEPTH_MAX = 8;

    private final YAMLParser parser;
    private final Consumer<String> mistakes;

    private YamlTree(YAMLParser parser, Consumer<String> mistakes) {
        this.parser = parser;
        this.mistakes = mistakes;
    }

    /// @param mistakes  gets a sentence, with its line, for each thing that is wrong
    /// @return an empty mapping where the text is empty or no YAML at all
    static YamlNode.Mapping read(String text, Consumer<String> mistakes) {
        try (YAMLParser parser = (YAMLParser) new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) {
                return nothing();
            }
            YamlTree tree = new YamlTree(parser, mistakes);
            YamlNode root = tree.node(0);
            if (parser.nextToken() != null) {
                mistakes.accept("line " + tree.line() + ": a second document begins here; one file holds one");
            }
            if (root instanceof YamlNode.Mapping mapping) {
                return mapping;
            }
            if (!(root instanceof YamlNode.Scalar scalar && scalar.kind() == YamlNode.Kind.NULL)) {
                mistakes.accept("line 1: the file is not a list of \"key: value\" lines but " + root.described());
            }
            return nothing();
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            String problem =
                    String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
            mistakes.accept((line > 0 ? "line " + line + ": " : "") + "this is not YAML: " + problem);
            return nothing();
        }
    }

    private static YamlNode.Mapping nothing() {
        return new YamlNode.Mapping(1, Map.of());
    }

    private YamlNode node(int depth) {
        int line = line();
        if (parser.isCurrentAlias() || parser.getObjectId() != null) {
            mistakes.accept("line " + line + ": anchors and aliases (& and *) are not supported");
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            if (depth >= DEPTH_MAX) {
                mistakes.accept("line " + line + ": nested deeper than " + DEPTH_MAX + " levels");
                parser.skipChildren();
                return new YamlNode.Scalar(line, "", YamlNode.Kind.NULL);
            }
            return token == JsonToken.START_OBJECT ? mapping(line, depth) : sequence(line, depth);
        }
        return scalar(line, token);
    }

    private YamlNode mapping(int line, int depth) {
        Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = parser.currentName();
            int keyLine = line();
            parser.nextToken();
            YamlNode value = node(depth + 1);
            if (entries.putIfAbsent(key, new YamlNode.Entry(keyLine, value)) != null) {
                mistakes.accept("line " + keyLine + ": " + key + " stands here for the second time");
            }
        }
        return new YamlNode.Mapping(line, entries);
    }

    private YamlNode sequence(int line, int depth) {
        List<YamlNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node(depth + 1));
        }
        return new YamlNode.Sequence(line, items);
    }

    private YamlNode scalar(int line, JsonToken token) {
        return switch (token) {
            case VALUE_NUMBER_INT -> new YamlNode.Scalar(line, parser.getString(), YamlNode.Kind.INTEGER);
            case VALUE_NUMBER_FLOAT -> new YamlNode.Scalar(line, parser.getString(), YamlNode.Kind.DECIMAL);
            case VALUE_TRUE, VALUE_FALSE -> new YamlNode.Scalar(line, parser.getString(), YamlNode.Kind.BOOLEAN);
            case VALUE_NULL -> new YamlNode.Scalar(line, "", YamlNode.Kind.NULL);
            case VALUE_STRING -> {
                String text = parser.getString();
                boolean empty = text == null || text.isEmpty();
                yield new YamlNode.Scalar(line, empty ? "" : text, empty ? YamlNode.Kind.NULL : YamlNode.Kind.STRING);
            }
            case NOT_AVAILABLE,
                    START_OBJECT,
                    END_OBJECT,
                    START_ARRAY,
                    END_ARRAY,
                    PROPERTY_NAME,
                    VALUE_EMBEDDED_OBJECT -> throw new IllegalStateException("No scalar begins with " + token);
        };
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }
}
