package io.godwit.shim.qemu;

import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The one JSON mapper of this package.
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /// One line of JSON from plain maps, lists, strings, numbers and booleans.
    static String line(Map<String, ?> object) {
        return MAPPER.writeValueAsString(object);
    }

    static JsonNode read(String text) throws JacksonException {
        return MAPPER.readTree(text);
    }
}
