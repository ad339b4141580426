package io.godwit.agent.http;

import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.failover.Rescuers;
import io.godwit.agent.guests.GuestLifecycle;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.guests.Rescue;
import io.godwit.agent.migrations.Departures;
import io.godwit.agent.storage.GrantDesk;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens for commands and for other agents.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final long BODY_BYTES_MAX = 1 << 20;
    private static final int CONNECTIONS_MAX = 512;
    private static final int EVENT_LOOPS = 2;
    private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(1);
    private static final long START_TIMEOUT_MS = 20_000;
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final EventLoopGroup loops;
    private final UnixSocketPath socket;
    private @Nullable Peers peers;
    private @Nullable Rescuers rescuers;
    private @Nullable Server server;

    private ApiServer(UnixSocketPath socket) {
        this.socket = socket;
        this.loops = EventLoopGroups.newEventLoopGroup(EVENT_LOOPS, "godwit-http");
    }

    /// Listens when it returns.
    ///
    /// @throws IOException if an address is taken or a PEM file cannot be used
    public static ApiServer start(
            HostContext host,
            GuestLifecycle guests,
            Recovery recovery,
            Rescue rescue,
            Departures departures,
            @Nullable GrantDesk images,
            PrometheusMeterRegistry meters)
            throws IOException, InterruptedException {
        ApiServer api = new ApiServer(new UnixSocketPath(host.config().api().socket()));
        try {
            api.open(host, guests, recovery, rescue, departures, images, meters);
            return api;
        } catch (IOException | InterruptedException | RuntimeException e) {
            api.close();
            throw e;
        }
    }

    private void open(
            HostContext host,
            GuestLifecycle guests,
            Recovery recovery,
            Rescue rescue,
            Departures departures,
            @Nullable GrantDesk images,
            PrometheusMeterRegistry meters)
            throws IOException, InterruptedException {
        AgentConfig config = host.config();
        try {
            Peers others = new Peers(config.name(), config.tls(), loops);
            peers = others;
            rescuers = new PeerRescuers(host, rescue, others);
            ServerBuilder builder = builder(config);
            Routes.add(builder, host, guests, recovery, rescue, departures, images, others, meters);
            Server listening = builder.meterRegistry(meters).build();
            server = listening;
            listening.start().get(START_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | IllegalArgumentException | IllegalStateException e) {
            throw new IOException(
                    "The API cannot be offered at " + config.address() + ":"
                            + config.api().port() + ": " + e.getMessage(),
                    e);
        }
        socket.publish();
        LOG.info(
                "The API listens on {} and on {}:{}",
                config.api().socket(),
                config.address(),
                config.api().port());
    }

    /// How this agent asks hosts to start guests.
    public Rescuers rescuers() {
        return Objects.requireNonNull(rescuers, "The API is not open");
    }

    private ServerBuilder builder(AgentConfig config) {
        InetSocketAddress address =
                new InetSocketAddress(config.address(), config.api().port());
        ServerBuilder builder = Server.builder()
                .workerGroup(loops, false)
                .http(DomainSocketAddress.of(socket.bound()))
                .maxRequestLength(BODY_BYTES_MAX)
                .maxNumConnections(CONNECTIONS_MAX)
                .requestTimeout(REQUEST_TIMEOUT)
                .idleTimeout(IDLE_TIMEOUT)
                .gracefulShutdownTimeoutMillis(0, STOP_TIMEOUT_MS)
                .errorHandler(new ApiErrors());
        AgentConfig.TlsFiles tls = config.tls();
        if (tls == null) {
            return builder.http(address);
        }
        // Whoever has no certificate of the cluster's own authority does not get past the handshake.
        return builder.https(address)
                .tls(TlsKeyPair.of(tls.key().toFile(), tls.certificate().toFile()))
                .tlsCustomizer(context ->
                        context.trustManager(tls.authority().toFile()).clientAuth(ClientAuth.REQUIRE));
    }

    /// Ends every connection. Leaves no thread.
    @Override
    public void close() {
        try {
            if (server != null) {
                server.stop().get(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("The API did not stop in order: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (peers != null) {
            peers.close();
        }
        if (!loops.shutdownGracefully(0, 1, TimeUnit.SECONDS)
                .awaitUninterruptibly(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
            LOG.warn("The API's threads did not end within {} ms", STOP_TIMEOUT_MS);
        }
        try {
            socket.close();
        } catch (IOException e) {
            LOG.warn("The API's socket was left behind: {}", e.toString());
        }
    }
}
