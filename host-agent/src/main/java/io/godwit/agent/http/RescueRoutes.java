package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import io.godwit.agent.api.TakeoverRequest;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.Rescue;
import io.godwit.storage.Debt;

/// What the coordinator asks of this host.
final class RescueRoutes {
    private static final int HOST_NAME_LENGTH_MAX = 255;

    private final Rescue rescue;

    RescueRoutes(Rescue rescue) {
        this.rescue = rescue;
    }

    HttpResponse takeOver(Call call) throws Exception {
        TakeoverRequest request = call.body(TakeoverRequest.class);
        boolean sound = request.dead() != null
                && request.dead().length() <= HOST_NAME_LENGTH_MAX
                && request.deadVersion() >= 0
                && request.epoch() >= 0
                && request.attempts() >= 0
                && request.attempts() <= Debt.ATTEMPTS_MAX
                && request.lastError() != null;
        if (!sound) {
            throw new AgentException(Code.BAD_REQUEST, "That is no request to take over a guest", "unchanged", "");
        }
        return Call.json(rescue.rescue(call.guest(), request));
    }
}
