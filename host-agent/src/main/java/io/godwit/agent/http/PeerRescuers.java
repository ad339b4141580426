package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.api.TakeoverRequest;
import io.godwit.agent.failover.Rescuers;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.Rescue;
import io.godwit.storage.HostEntry;
import java.io.IOException;
import java.time.Duration;
import tools.jackson.core.JacksonException;

/// Asks this host, or another one's agent.
final class PeerRescuers implements Rescuers {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final HostContext host;
    private final Rescue here;
    private final Peers peers;

    PeerRescuers(HostContext host, Rescue here, Peers peers) {
        this.host = host;
        this.here = here;
        this.peers = peers;
    }

    @Override
    public String ask(HostEntry target, String guest, TakeoverRequest request) throws InterruptedException {
        try {
            if (target.host().equals(host.name())) {
                here.rescue(guest, request);
                return "";
            }
            byte[] body = Json.ANSWERS.writeValueAsBytes(request);
            AggregatedHttpResponse answer = peers.post(target, "/v1/guests/" + guest + "/takeover", body, TIMEOUT);
            return answer.status().equals(HttpStatus.OK) ? "" : words(answer);
        } catch (AgentException | IOException e) {
            return AgentException.words(e);
        }
    }

    private static String words(AggregatedHttpResponse answer) {
        try {
            return Json.ANSWERS
                    .readValue(answer.content().array(), ErrorView.class)
                    .message();
        } catch (JacksonException e) {
            return "it answered " + answer.status();
        }
    }
}
