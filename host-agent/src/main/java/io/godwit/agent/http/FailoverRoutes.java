package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import io.godwit.agent.api.FailoverRequest;
import io.godwit.agent.api.FailoverView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.HostContext;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import java.util.Comparator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The cluster's failover switch.
final class FailoverRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(FailoverRoutes.class);

    private final HostContext host;

    FailoverRoutes(HostContext host) {
        this.host = host;
    }

    HttpResponse get(Call call) throws OwnershipException {
        return Call.json(view(host.ownership().failover()));
    }

    HttpResponse put(Call call) throws AgentException, OwnershipException, InterruptedException {
        FailoverRequest request = call.body(FailoverRequest.class);
        if (request.by() == null || request.by().length() > FailoverRequest.BY_LENGTH_MAX) {
            throw new AgentException(
                    Code.BAD_REQUEST,
                    "Who turns the switch is missing, or longer than " + FailoverRequest.BY_LENGTH_MAX + " characters",
                    "unchanged",
                    "");
        }
        FailoverSwitch turned = host.ownership().setFailover(request.on(), request.by() + " at host " + host.name());
        LOG.info("Failover was turned {} by {}", turned.on() ? "on" : "off", turned.by());
        return Call.json(view(turned));
    }

    private FailoverView view(FailoverSwitch failover) throws OwnershipException {
        return new FailoverView(
                failover.on(),
                failover.by(),
                failover.sinceMs(),
                host.ownership().hosts().stream()
                        .sorted(Comparator.comparing(HostEntry::host))
                        .map(entry ->
                                new FailoverView.HostLease(entry.host(), entry.alive(), entry.leaseTakeoverWaitMs()))
                        .toList());
    }
}
