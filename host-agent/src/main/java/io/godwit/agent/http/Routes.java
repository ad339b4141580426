package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.godwit.agent.guests.GuestLifecycle;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.guests.Rescue;
import io.godwit.agent.migrations.Departures;
import io.godwit.agent.storage.GrantDesk;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/// Which path leads where; the table is in `io.godwit.agent.api`.
final class Routes {
    private static final MediaType PROMETHEUS = MediaType.parse("text/plain; version=0.0.4; charset=utf-8");
    private static final String GUEST = "/v1/guests/{guest}";

    private final ServerBuilder server;
    private final ExecutorService threads;
    private final PrometheusMeterRegistry meters;

    private Routes(ServerBuilder server, ExecutorService threads, PrometheusMeterRegistry meters) {
        this.server = server;
        this.threads = threads;
        this.meters = meters;
    }

    static void add(
            ServerBuilder server,
            HostContext host,
            GuestLifecycle lifecycle,
            Recovery recovery,
            Rescue rescue,
            Departures departures,
            @Nullable GrantDesk images,
            Peers peers,
            PrometheusMeterRegistry meters) {
        Locator locator = new Locator(host);
        ClusterRoutes cluster = new ClusterRoutes(host, peers);
        GuestRoutes guests = new GuestRoutes(host, lifecycle, locator, peers);
        MigrationRoutes migrations = new MigrationRoutes(host, departures, guests, locator, peers);
        RecoveryRoutes recoveries = new RecoveryRoutes(recovery, new ClusterRecovery(host, recovery, peers));
        FailoverRoutes failover = new FailoverRoutes(host);
        Routes routes = new Routes(server, host.threads(), meters);

        routes.add(HttpMethod.GET, "/v1/hosts", cluster::hosts);
        routes.add(HttpMethod.GET, "/v1/failover", failover::get);
        routes.add(HttpMethod.PUT, "/v1/failover", failover::put);
        routes.add(HttpMethod.GET, "/v1/guests", cluster::guests);
        routes.add(HttpMethod.POST, "/v1/guests", guests::create);
        routes.add(HttpMethod.GET, GUEST, guests::get);
        routes.add(HttpMethod.DELETE, GUEST, guests::destroy);
        routes.add(HttpMethod.POST, GUEST + "/pause", guests::pause);
        routes.add(HttpMethod.POST, GUEST + "/resume", guests::resume);
        routes.add(HttpMethod.POST, GUEST + "/shutdown", guests::shutdown);
        routes.add(HttpMethod.GET, GUEST + "/console", guests::console);
        routes.add(HttpMethod.GET, GUEST + "/presence", recoveries::presence);
        routes.add(HttpMethod.POST, GUEST + "/settlement", recoveries::settle);
        routes.add(HttpMethod.POST, GUEST + "/recovery", recoveries::recover);
        routes.add(HttpMethod.POST, GUEST + "/takeover", new RescueRoutes(rescue)::takeOver);
        routes.add(HttpMethod.POST, GUEST + "/migration", migrations::start);
        routes.add(HttpMethod.GET, GUEST + "/migration", migrations::get);
        routes.add(HttpMethod.DELETE, GUEST + "/migration", migrations::cancel);
        routes.add(HttpMethod.PATCH, GUEST + "/migration", migrations::adjust);
        routes.add(HttpMethod.GET, GUEST + "/migration/events", migrations::events);
        if (images != null) {
            ImageRoutes served = new ImageRoutes(images);
            routes.add(HttpMethod.POST, "/v1/images/check", served::check);
            routes.add(HttpMethod.POST, "/v1/images/prepare", served::prepare);
            routes.add(HttpMethod.POST, "/v1/images/activate", served::activate);
            routes.add(HttpMethod.POST, "/v1/images/withdraw", served::withdraw);
        }
        routes.add(HttpMethod.GET, "/metrics", _ -> HttpResponse.of(HttpStatus.OK, PROMETHEUS, meters.scrape()));
    }

    private void add(HttpMethod method, String path, Call.Handler handler) {
        Timer timer = Timer.builder("godwit.agent.requests")
                .description("Requests answered, the time until the answer begins")
                .tag("route", method + " " + path)
                .register(meters);
        // The body is read by the event loop, bounded; the rest may wait and so gets a thread of its own.
        server.route()
                .methods(method)
                .path(path)
                .build((context, request) -> HttpResponse.of(request.aggregate()
                        .thenApplyAsync(whole -> timer.record(() -> answer(context, whole, handler)), threads)));
    }

    private static HttpResponse answer(
            ServiceRequestContext context, AggregatedHttpRequest request, Call.Handler handler) {
        try {
            return handler.handle(new Call(context, request));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ErrorMapping.response(e);
        } catch (Exception e) {
            return ErrorMapping.response(e);
        }
    }
}
