package io.godwit.agent.cli;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON as agents speak it. A newer agent may say more than this command line knows.
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Json() {}

    static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    static <T> T read(String text, Class<T> type) throws CliException {
        try {
            T value = MAPPER.readValue(text, type);
            if (value != null) {
                return value;
            }
        } catch (JacksonException e) {
            throw CliException.failed(
                    "The agent's answer is not understood: " + e.getOriginalMessage(),
                    "Do agent and command line have the same version?");
        }
        throw CliException.failed("The agent's answer is empty", "");
    }

    /// The same document, laid out for people.
    static String pretty(String text) throws CliException {
        try {
            return MAPPER.writeValueAsString(MAPPER.readTree(text));
        } catch (JacksonException e) {
            throw CliException.failed("The agent's answer is not JSON: " + e.getOriginalMessage(), "");
        }
    }
}
