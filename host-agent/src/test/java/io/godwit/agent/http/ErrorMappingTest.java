package io.godwit.agent.http;

import static io.godwit.agent.testing.Answers.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import java.util.EnumSet;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ErrorMappingTest {
    @Test
    void givesEveryCodeAStatusOfItsOwn() {
        assertThat(EnumSet.allOf(Code.class).stream().map(ErrorMapping::status).distinct())
                .hasSize(Code.values().length)
                .allMatch(HttpStatus::isError);
    }

    @Test
    void saysWhatHappenedTheStateAndWhatToDo() {
        AgentException failure = new AgentException(Code.CONFLICT, "It is busy", "running", "Wait.");
        assertThat(mapped(new CompletionException(failure), HttpStatus.CONFLICT))
                .isEqualTo(new ErrorView("CONFLICT", "It is busy", "running", "Wait."));
    }

    @Test
    void mapsFailuresOfTheRecords() {
        assertThat(mapped(new OwnershipException(Kind.REFUSED, "No"), HttpStatus.CONFLICT)
                        .code())
                .isEqualTo("CONFLICT");
        assertThat(mapped(new OwnershipException(Kind.UNKNOWN, "No"), HttpStatus.NOT_FOUND)
                        .code())
                .isEqualTo("NOT_FOUND");
        assertThat(mapped(new OwnershipException(Kind.UNDECIDED, "No"), HttpStatus.SERVICE_UNAVAILABLE)
                        .code())
                .isEqualTo("UNAVAILABLE");
    }

    @Test
    void mapsWhatNobodyForesaw() {
        ErrorView view = mapped(new IllegalStateException("Oops"), HttpStatus.INTERNAL_SERVER_ERROR);
        assertThat(view.code()).isEqualTo("FAILED");
        assertThat(view.message()).contains("Oops");
        assertThat(view.hint()).isNotEmpty();
        assertThat(mapped(ContentTooLargeException.get(), HttpStatus.REQUEST_ENTITY_TOO_LARGE)
                        .code())
                .isEqualTo("BAD_REQUEST");
        assertThat(mapped(new InterruptedException(), HttpStatus.SERVICE_UNAVAILABLE)
                        .code())
                .isEqualTo("UNAVAILABLE");
    }

    private static ErrorView mapped(Throwable failure, HttpStatus status) {
        return error(ErrorMapping.response(failure).aggregate().join(), status);
    }
}
