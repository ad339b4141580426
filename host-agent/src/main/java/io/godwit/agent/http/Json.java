package io.godwit.agent.http;

import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// How the API's records become JSON and come back.
final class Json {
    /// For requests: a key that is misspelt is a mistake, not a default.
    static final JsonMapper REQUESTS = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /// For answers: an agent of a later version may say more than this one understands.
    static final JsonMapper ANSWERS = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}
}
