package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import java.util.regex.Pattern;

/// One request, complete with its body.
record Call(ServiceRequestContext context, AggregatedHttpRequest request) {
    /// Says that an agent passed the request on; holds that agent's host.
    static final String FORWARDED = "godwit-forwarded-by";

    private static final Pattern GUEST_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

    /// What answers a call. Runs on a virtual thread and may wait.
    interface Handler {
        HttpResponse handle(Call call) throws Exception;
    }

    /// The guest in the path.
    String guest() throws AgentException {
        String name = context.pathParam("guest");
        if (name == null || !GUEST_NAME.matcher(name).matches()) {
            throw new AgentException(Code.BAD_REQUEST, "That is no guest's name: " + name, "", "");
        }
        return name;
    }

    boolean forwarded() {
        return request.headers().contains(FORWARDED);
    }

    boolean flag(String name) {
        return Boolean.parseBoolean(context.queryParam(name));
    }

    <T> T body(Class<T> type) throws AgentException {
        T value = Json.REQUESTS.readValue(request.content().array(), type);
        if (value == null) {
            throw new AgentException(Code.BAD_REQUEST, "The request's body is missing", "", "");
        }
        return value;
    }

    static HttpResponse json(HttpStatus status, Object value) {
        return HttpResponse.of(status, MediaType.JSON_UTF_8, Json.ANSWERS.writeValueAsBytes(value));
    }

    static HttpResponse json(Object value) {
        return json(HttpStatus.OK, value);
    }
}
