package io.godwit.agent.testing;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import io.godwit.agent.Agent;
import io.godwit.agent.AgentParts;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.Consoles;
import io.godwit.agent.guests.GuestFileParser;
import io.godwit.agent.storage.ImageRole;
import io.godwit.migration.MigrationEngine;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.linux.TcpConnection;
import io.godwit.storage.AddressProbe;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// One host of a cluster in this process: its hypervisor stays while agents come and go.
public final class TestHost implements AutoCloseable {
    public static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int SESSION_TIMEOUT_MS = 3000;

    public final FakeHypervisor hypervisor = new FakeHypervisor();
    public final List<String> announced = Collections.synchronizedList(new ArrayList<>());
    private final List<String> answered = new CopyOnWriteArrayList<>();
    public final AgentConfig config;

    private final ClientFactory clients = ClientFactory.builder().build();
    private @Nullable Agent agent;
    private @Nullable LoopbackEngine engine;

    /// A host whose agent rehearses nothing.
    public TestHost(String name, String zooKeeper, Path directory, AgentConfig.@Nullable TlsFiles tls)
            throws IOException {
        this(name, zooKeeper, directory, tls, 0);
    }

    public TestHost(String name, String zooKeeper, Path directory, AgentConfig.@Nullable TlsFiles tls, int rehearsals)
            throws IOException {
        Path images = Files.createDirectories(directory.resolve("images"));
        Path run = Files.createDirectories(directory.resolve(name));
        config = new AgentConfig(
                name,
                "127.0.0.1",
                new AgentConfig.Api(run.resolve("api.sock"), freePort()),
                new AgentConfig.MigrationSettings(freePort(), 2, 50, 0).withRehearsals(rehearsals),
                new AgentConfig.ZooKeeper(zooKeeper, "/godwit", SESSION_TIMEOUT_MS),
                AgentConfig.Lease.OFF,
                tls,
                "br0",
                run,
                run.resolve("ram"),
                List.of(images),
                AgentConfig.Accelerator.TCG,
                new AgentConfig.Limits(256L << 20, 3, 1));
    }

    /// Starts an agent on this host's fake hypervisor, with an engine that moves nothing but names.
    public void start() throws IOException, InterruptedException {
        start(
                hypervisor,
                (incoming, _) -> engine = new LoopbackEngine(config.migration().port(), incoming));
    }

    /// Starts an agent with the real engine.
    public void startWithRealEngine(Hypervisor chosen) throws IOException, InterruptedException {
        start(
                chosen,
                engineAt(
                        new InetSocketAddress(
                                config.address(), config.migration().port()),
                        false));
    }

    private AgentParts.EngineFactory engineAt(InetSocketAddress address, boolean quiet) {
        AgentConfig.TlsFiles files = config.tls();
        MigrationEngine.Tls tls =
                files == null ? null : new MigrationEngine.Tls(files.authority(), files.certificate(), files.key());
        MigrationEngine.Settings settings =
                new MigrationEngine.Settings(config.name(), address, tls, TcpConnection::look, quiet);
        return (incoming, meters) -> MigrationEngine.open(settings, incoming, meters);
    }

    private void start(Hypervisor chosen, AgentParts.EngineFactory engines) throws IOException, InterruptedException {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        AgentConfig.ZooKeeper zooKeeper = config.zookeeper();
        Ownership ownership = Ownership.connect(
                new OwnershipSettings(
                        zooKeeper.connect(), zooKeeper.root(), zooKeeper.sessionTimeoutMs(), config.name(), "boot-1"),
                meters);
        agent = Agent.start(
                config,
                new AgentParts(
                        chosen,
                        Consoles.NONE,
                        ownership,
                        takeover(),
                        (_, addresses, _) -> duplicates(addresses),
                        engines,
                        parser(),
                        meters,
                        InstantSource.system(),
                        ImageRole.StorageDaemons.NONE,
                        engineAt(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), true)));
    }

    /// Stops the agent; the guests stay.
    public void stop() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
    }

    public LoopbackEngine engine() {
        if (engine == null) {
            throw new AssertionError("The agent was not started");
        }
        return engine;
    }

    public AggregatedHttpResponse get(String path) {
        return send(HttpMethod.GET, path, "");
    }

    public AggregatedHttpResponse post(String path, Object body) {
        return send(HttpMethod.POST, path, JSON.writeValueAsString(body));
    }

    public AggregatedHttpResponse post(String path) {
        return send(HttpMethod.POST, path, "");
    }

    public AggregatedHttpResponse patch(String path, Object body) {
        return send(HttpMethod.PATCH, path, JSON.writeValueAsString(body));
    }

    public AggregatedHttpResponse delete(String path) {
        return send(HttpMethod.DELETE, path, "");
    }

    public AggregatedHttpResponse send(HttpMethod method, String path, String body) {
        return stream(method, path, body).aggregate().join();
    }

    public HttpResponse stream(HttpMethod method, String path, String body) {
        return client().execute(HttpRequest.of(method, path, MediaType.JSON_UTF_8, body));
    }

    /// Speaks to the agent over its Unix socket, as the command line does.
    private WebClient client() {
        return WebClient.builder(
                        SessionProtocol.HTTP,
                        DomainSocketAddress.of(config.api().socket()).asEndpoint())
                .factory(clients)
                .responseTimeoutMillis(60_000)
                .build();
    }

    /// Somebody else on the network has this address.
    public void letAnswer(String address) {
        answered.add(address);
    }

    private List<AddressProbe.Answer> duplicates(List<String> addresses) {
        return addresses.stream()
                .filter(answered::contains)
                .map(address -> new AddressProbe.Answer(address, "02:00:00:00:00:aa"))
                .toList();
    }

    private AddressTakeover takeover() {
        return new AddressTakeover() {
            @Override
            public void announce(String guest, String networkInterface, String mac, List<String> addresses) {
                announced.add(guest + " " + networkInterface + " " + mac + " " + addresses);
            }

            @Override
            public void silence(String guest) {
                announced.add(guest + " silent");
            }

            @Override
            public void close() {}
        };
    }

    /// Understands `name`, `name memoryMiB` and `name memoryMiB address`.
    public static GuestFileParser parser() {
        return (_, text, capabilities) -> {
            String[] words = text.split(" ", -1);
            try {
                int memoryMiB = words.length > 1 ? Integer.parseInt(words[1]) : 32;
                List<String> addresses = words.length > 2 ? List.of(words[2]) : List.of();
                return new GuestFileParser.Parsed(spec(words[0], memoryMiB, addresses, capabilities), List.of());
            } catch (IllegalArgumentException e) {
                throw new AgentException(
                        AgentException.Code.BAD_REQUEST, "line 1: " + e.getMessage(), "not started", "", e);
            }
        };
    }

    public static GuestSpec spec(String name, int memoryMiB, Hypervisor.Capabilities capabilities) {
        return spec(name, memoryMiB, List.of(), capabilities);
    }

    private static GuestSpec spec(
            String name, int memoryMiB, List<String> addresses, Hypervisor.Capabilities capabilities) {
        return new GuestSpec(
                name,
                UUID.nameUUIDFromBytes(new byte[] {1}),
                (long) memoryMiB << 20,
                1,
                capabilities.defaultMachineType(),
                capabilities.defaultCpuModel(),
                null,
                List.of(),
                List.of(new GuestSpec.Nic("52:54:00:00:00:01", null, addresses)),
                GuestSpec.OnEvent.DESTROY,
                GuestSpec.OnEvent.RESTART,
                GuestSpec.OnEvent.RESTART);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /// Closes hosts side by side, for each takes seconds to stop in order.
    public static void closeAll(TestHost... hosts) {
        try (ExecutorService closing = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletableFuture.allOf(Arrays.stream(hosts)
                            .map(host -> CompletableFuture.runAsync(host::close, closing))
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
        }
    }

    @Override
    public void close() {
        stop();
        clients.close();
    }
}
