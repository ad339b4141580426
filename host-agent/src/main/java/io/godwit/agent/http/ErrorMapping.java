package io.godwit.agent.http;

import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpResponseException;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.storage.OwnershipException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// Every failure's way into an answer.
final class ErrorMapping {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorMapping.class);

    private ErrorMapping() {}

    /// The status that goes with each code.
    static HttpStatus status(Code code) {
        return switch (code) {
            case BAD_REQUEST -> HttpStatus.BAD_REQUEST;
            case NOT_FOUND -> HttpStatus.NOT_FOUND;
            case CONFLICT -> HttpStatus.CONFLICT;
            case REFUSED -> HttpStatus.UNPROCESSABLE_ENTITY;
            case UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
            case FAILED -> HttpStatus.INTERNAL_SERVER_ERROR;
        };
    }

    static HttpResponse response(Throwable failure) {
        return switch (unwrapped(failure)) {
            case HttpResponseException ready -> ready.httpResponse();
            case HttpStatusException status -> response(status.httpStatus());
            case ContentTooLargeException _ -> response(HttpStatus.REQUEST_ENTITY_TOO_LARGE);
            case RequestTimeoutException _ -> response(HttpStatus.SERVICE_UNAVAILABLE);
            case Throwable other -> {
                AgentException known = known(other);
                yield response(status(known.code()), view(known));
            }
        };
    }

    /// For what Armeria itself refuses: no such path, wrong method, body too large.
    static HttpResponse response(HttpStatus status) {
        return response(status, view(status));
    }

    static ErrorView view(HttpStatus status) {
        Code code;
        if (status.equals(HttpStatus.NOT_FOUND)) {
            code = Code.NOT_FOUND;
        } else if (status.isClientError()) {
            code = Code.BAD_REQUEST;
        } else if (status.equals(HttpStatus.SERVICE_UNAVAILABLE)) {
            code = Code.UNAVAILABLE;
        } else {
            code = Code.FAILED;
        }
        return new ErrorView(
                code.name(), "The agent answers: " + status.codeAsText() + " " + status.reasonPhrase(), "", "");
    }

    private static AgentException known(Throwable failure) {
        return switch (failure) {
            case AgentException e -> e;
            case OwnershipException e -> AgentException.of(e, "");
            case JacksonException e ->
                new AgentException(
                        Code.BAD_REQUEST,
                        "The request's body cannot be understood: " + e.getOriginalMessage(),
                        "",
                        "",
                        e);
            case InterruptedException e ->
                new AgentException(
                        Code.UNAVAILABLE, "The agent is stopping", "", "Guests run on. Start the agent again.", e);
            case Throwable e -> {
                LOG.error("A request failed in a way nobody foresaw", e);
                yield new AgentException(
                        Code.FAILED,
                        "The agent failed: " + AgentException.words(e),
                        "unknown",
                        "See the agent's log on its host.",
                        e);
            }
        };
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof CompletionException || inner instanceof ExecutionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static ErrorView view(AgentException e) {
        return new ErrorView(e.code().name(), e.getMessage(), e.state(), e.hint());
    }

    private static HttpResponse response(HttpStatus status, ErrorView view) {
        return HttpResponse.of(status, MediaType.JSON_UTF_8, Json.ANSWERS.writeValueAsBytes(view));
    }
}
