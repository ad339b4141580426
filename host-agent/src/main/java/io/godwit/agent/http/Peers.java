package io.godwit.agent.http;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.RequestOptions;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.SplitHttpResponse;
import com.linecorp.armeria.common.TlsKeyPair;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.storage.HostEntry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The agents of other hosts, spoken to with mutual TLS. Their certificates must prove the host's *name*, whatever
/// address it is reached at.
final class Peers implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

    /// A peer that does not answer pings for so long is given up, so that no stream of events hangs.
    private static final Duration PING_INTERVAL = Duration.ofSeconds(5);

    private static final long ANSWER_BYTES_MAX = 8 << 20;

    private final String self;
    private final boolean secure;
    private final ClientFactory factory;

    Peers(String self, AgentConfig.@Nullable TlsFiles tls, EventLoopGroup threads) {
        this.self = self;
        this.secure = tls != null;
        ClientFactoryBuilder builder = ClientFactory.builder()
                .workerGroup(threads, false)
                .connectTimeout(CONNECT_TIMEOUT)
                .pingInterval(PING_INTERVAL);
        if (tls != null) {
            builder.tls(TlsKeyPair.of(tls.key().toFile(), tls.certificate().toFile()));
            builder.tlsCustomizer(
                    context -> context.trustManager(tls.authority().toFile()));
        }
        this.factory = builder.build();
    }

    /// Passes a request on and its answer back, as it comes, however long that takes.
    ///
    /// @param state what is known of the guest, for the error if the host does not answer
    HttpResponse forward(Call call, HostEntry host, String state) throws AgentException {
        HttpRequest request = HttpRequest.of(
                headers(call.request().method(), call.context().uri().getRawPath() + query(call)),
                call.request().content());
        RequestOptions endless = RequestOptions.builder()
                .responseTimeoutMillis(0)
                .maxResponseLength(0)
                .build();
        call.context().clearRequestTimeout();
        SplitHttpResponse response = client(host).execute(request, endless).split();
        return HttpResponse.of(response.headers().handle((headers, failure) -> {
            if (failure == null) {
                return HttpResponse.of(headers, response.body());
            }
            response.body().abort();
            return ErrorMapping.response(unreachable(host, state, failure));
        }));
    }

    /// Asks another agent a short question, on this host's own behalf.
    ///
    /// @throws IOException if it does not answer in time
    AggregatedHttpResponse get(HostEntry host, String path, Duration timeout) throws IOException, InterruptedException {
        return ask(host, HttpMethod.GET, path, timeout);
    }

    /// Asks another agent to do something, on this host's own behalf.
    ///
    /// @throws IOException if it does not answer in time; it may have done it or not
    AggregatedHttpResponse post(HostEntry host, String path, Duration timeout)
            throws IOException, InterruptedException {
        return ask(host, HttpMethod.POST, path, timeout);
    }

    /// As [#post], with a body of JSON.
    AggregatedHttpResponse post(HostEntry host, String path, byte[] json, Duration timeout)
            throws IOException, InterruptedException {
        return ask(host, HttpRequest.of(headers(HttpMethod.POST, path), HttpData.wrap(json)), timeout);
    }

    private AggregatedHttpResponse ask(HostEntry host, HttpMethod method, String path, Duration timeout)
            throws IOException, InterruptedException {
        return ask(host, HttpRequest.of(headers(method, path)), timeout);
    }

    private AggregatedHttpResponse ask(HostEntry host, HttpRequest request, Duration timeout)
            throws IOException, InterruptedException {
        try {
            return client(host).execute(request).aggregate().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | AgentException e) {
            throw new IOException("Host " + host.host() + " does not answer", e);
        }
    }

    private WebClient client(HostEntry host) throws AgentException {
        SessionProtocol protocol = secure ? SessionProtocol.HTTPS : SessionProtocol.HTTP;
        try {
            Endpoint endpoint = Endpoint.of(host.host(), host.apiPort())
                    .withIpAddr(InetAddress.getByName(host.address()).getHostAddress());
            return WebClient.builder(protocol, endpoint)
                    .factory(factory)
                    .responseTimeout(ANSWER_TIMEOUT)
                    .maxResponseLength(ANSWER_BYTES_MAX)
                    .build();
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw unreachable(host, "unknown", e);
        }
    }

    private RequestHeaders headers(HttpMethod method, String path) {
        return RequestHeaders.builder(method, path)
                .contentType(MediaType.JSON_UTF_8)
                .add(HttpHeaderNames.ACCEPT, "*/*")
                .add(Call.FORWARDED, self)
                .build();
    }

    private static String query(Call call) {
        String query = call.context().query();
        return query == null ? "" : "?" + query;
    }

    static AgentException unreachable(HostEntry host, String state, Throwable cause) {
        return new AgentException(
                Code.UNAVAILABLE,
                "The agent of host " + host.host() + ", which owns the guest, does not answer at " + host.address()
                        + ":" + host.apiPort() + ": " + root(cause),
                state,
                "Check that host and its agent. Its guests run on without the agent.",
                cause);
    }

    /// What the operating system said; what is wrapped around it names classes only.
    private static String root(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return AgentException.words(inner);
    }

    @Override
    public void close() {
        factory.close();
    }
}
