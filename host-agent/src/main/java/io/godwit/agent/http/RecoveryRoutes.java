package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import io.godwit.agent.guests.Recovery;

/// The recovery of a guest: this host's part, and the whole.
final class RecoveryRoutes {
    private final Recovery here;
    private final ClusterRecovery cluster;

    RecoveryRoutes(Recovery here, ClusterRecovery cluster) {
        this.here = here;
        this.cluster = cluster;
    }

    HttpResponse presence(Call call) throws Exception {
        return Call.json(here.presence(call.guest()));
    }

    HttpResponse settle(Call call) throws Exception {
        return Call.json(here.settle(call.guest()));
    }

    HttpResponse recover(Call call) throws Exception {
        call.context().clearRequestTimeout();
        return Call.json(cluster.recover(call.guest(), call.flag("dryRun")));
    }
}
