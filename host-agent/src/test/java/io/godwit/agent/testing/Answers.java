package io.godwit.agent.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.ErrorView;

/// Reads an agent's answers, and fails showing them if they are not as expected.
public final class Answers {
    private Answers() {}

    public static <T> T json(AggregatedHttpResponse answer, HttpStatus status, Class<T> type) {
        assertThat(answer.status()).as(answer.contentUtf8()).isEqualTo(status);
        return TestHost.JSON.readValue(answer.content().array(), type);
    }

    public static ErrorView error(AggregatedHttpResponse answer, HttpStatus status) {
        return json(answer, status, ErrorView.class);
    }
}
