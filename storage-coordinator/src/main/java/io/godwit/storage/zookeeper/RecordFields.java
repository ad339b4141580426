package io.godwit.storage.zookeeper;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The fields of one record, each checked before it is believed.
final class RecordFields {
    /// Before JSON; ZooKeeper itself takes no more than 1 MiB.
    static final int RECORD_BYTES_MAX = 512 * 1024;

    static final int NAMES_MAX = 64;

    private final String path;
    private final JsonNode json;

    private RecordFields(String path, JsonNode json) {
        this.path = path;
        this.json = json;
    }

    static RecordFields parse(String path, byte[] bytes) throws UnreadableRecord {
        if (bytes.length > RECORD_BYTES_MAX) {
            throw new UnreadableRecord("A record is too long: " + path + ", " + bytes.length + " bytes");
        }
        try {
            RecordFields fields = new RecordFields(path, RecordCodec.MAPPER.readTree(bytes));
            if (!fields.json.isObject()) {
                throw new UnreadableRecord("A record is no JSON object: " + path);
            }
            fields.number("v", RecordCodec.VERSION, RecordCodec.VERSION);
            return fields;
        } catch (JacksonException e) {
            throw new UnreadableRecord("A record is no JSON: " + path, e);
        }
    }

    String name(String field) throws UnreadableRecord {
        String name = text(field, NodeNames.PATH_BYTES_MAX);
        if (name.isEmpty()) {
            throw wrong(field, name);
        }
        return name;
    }

    String text(String field, int lengthMax) throws UnreadableRecord {
        JsonNode value = json.get(field);
        if (value == null || !value.isString() || value.stringValue().length() > lengthMax) {
            throw wrong(field, String.valueOf(value));
        }
        return value.stringValue();
    }

    long number(String field, long min, long max) throws UnreadableRecord {
        JsonNode value = json.get(field);
        if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(field, String.valueOf(value));
        }
        long number = value.longValue();
        if (number < min || number > max) {
            throw wrong(field, Long.toString(number));
        }
        return number;
    }

    /// @param absent what a record that was written before there was such a field means
    long numberOr(String field, long min, long max, long absent) throws UnreadableRecord {
        return json.get(field) == null ? absent : number(field, min, max);
    }

    UUID uuid(String field) throws UnreadableRecord {
        String text = text(field, 36);
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException _) {
            throw wrong(field, text);
        }
    }

    Set<String> names(String field) throws UnreadableRecord {
        JsonNode values = json.get(field);
        if (values == null || !values.isArray() || values.size() > NAMES_MAX) {
            throw wrong(field, String.valueOf(values));
        }
        Set<String> names = new HashSet<>();
        for (JsonNode value : values) {
            if (!value.isString() || value.stringValue().length() > NodeNames.PATH_BYTES_MAX) {
                throw wrong(field, value.toString());
            }
            names.add(value.stringValue());
        }
        return names;
    }

    UnreadableRecord wrong(String field, String value) {
        String shown = value.length() > 64 ? value.substring(0, 64) + "..." : value;
        return new UnreadableRecord("A record's field is missing or wrong: " + path + ", " + field + " " + shown);
    }
}
