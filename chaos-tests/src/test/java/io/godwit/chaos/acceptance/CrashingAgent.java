package io.godwit.chaos.acceptance;

import io.godwit.agent.Agent;
import io.godwit.agent.AgentParts;
import io.godwit.agent.RealParts;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfigFile;
import io.godwit.agent.config.ConfigException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.shim.Guest;
import io.godwit.storage.Ownership;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// A real agent that ends as if killed when it comes to the point a file beside its configuration names. The file
/// is gone then, so the next one lives on: thus one program serves as the agent that dies and as its successor.
public final class CrashingAgent {
    private final Path armed;

    private CrashingAgent(Path configuration) {
        this.armed = file(configuration);
    }

    /// Starts it in the place of a host's agent.
    static void launch(LabHost host) {
        Path module = Path.of("").toAbsolutePath();
        host.launchAgent(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                module.resolve("target/test-classes") + ":" + module.resolve("target/godwit/lib") + "/*",
                CrashingAgent.class.getName(),
                host.configuration().toString()));
    }

    /// Lets the host's agent die when it next comes to this point.
    static void arm(LabHost host, CrashPoint point) throws IOException {
        Files.writeString(file(host.configuration()), point.name());
    }

    /// Takes back what [#arm] asked for, if it has not happened.
    static void disarm(LabHost host) throws IOException {
        Files.deleteIfExists(file(host.configuration()));
    }

    private static Path file(Path configuration) {
        return configuration.resolveSibling("crash-point");
    }

    public static void main(String... arguments) throws IOException, ConfigException, InterruptedException {
        Path configuration = Path.of(arguments[0]);
        AgentConfig config = AgentConfigFile.load(configuration);
        CrashingAgent crashing = new CrashingAgent(configuration);
        try (Agent _ = Agent.start(config, crashing.armed(RealParts.open(config)))) {
            new CountDownLatch(1).await();
        }
    }

    private AgentParts armed(AgentParts parts) {
        return new AgentParts(
                FaultyHypervisor.of(parts.hypervisor(), _ -> this::onGuest),
                parts.consoles(),
                FaultyHypervisor.proxy(
                        Ownership.class,
                        (_, method, arguments) -> onRecord(
                                method.getName(), () -> FaultyHypervisor.invoke(method, parts.ownership(), arguments))),
                parts.takeover(),
                parts.probe(),
                (incoming, meters) -> FaultyHypervisor.proxy(
                        MigrationEngine.class, new EngineWatch(parts.engine().open(incoming, meters))),
                parts.parser(),
                parts.meters(),
                parts.clock());
    }

    private interface Real {
        @Nullable
        Object call() throws Exception;
    }

    private @Nullable Object onRecord(String method, Real real) throws Exception {
        if (method.equals("beginHandover")) {
            dieAt(CrashPoint.SOURCE_BEFORE_HANDOVER);
        }
        Object result = real.call();
        switch (method) {
            case "beginHandover" -> dieAt(CrashPoint.SOURCE_AFTER_HANDOVER);
            case "commit" -> dieAt(CrashPoint.TARGET_COMMITTED);
            default -> {}
        }
        return result instanceof Ownership.PreparedCommit prepared ? dyingAfter(prepared) : result;
    }

    private Ownership.PreparedCommit dyingAfter(Ownership.PreparedCommit prepared) {
        return FaultyHypervisor.proxy(
                Ownership.PreparedCommit.class,
                (_, method, arguments) ->
                        onRecord(method.getName(), () -> FaultyHypervisor.invoke(method, prepared, arguments)));
    }

    private @Nullable Object onGuest(Guest guest, String method, Object[] arguments, FaultyHypervisor.Real real)
            throws Exception {
        switch (method) {
            // The first thing the engine asks of a guest that was prepared for it.
            case "memory" -> dieAt(CrashPoint.TARGET_PREPARED);
            case "destroy" -> dieAt(CrashPoint.SOURCE_AFTER_COMMIT);
            default -> {}
        }
        Object result = real.call(arguments);
        switch (method) {
            case "pause" -> dieAt(CrashPoint.SOURCE_PAUSED);
            case "saveDeviceState" -> dieAt(CrashPoint.SOURCE_STATE_TAKEN);
            case "loadDeviceState" -> dieAt(CrashPoint.TARGET_LOADED);
            case "resume" -> dieAt(CrashPoint.TARGET_RESUMED);
            default -> {}
        }
        return result;
    }

    private void dieAt(CrashPoint point) throws IOException {
        if (isArmed(point)) {
            Files.delete(armed);
            Runtime.getRuntime().halt(137);
        }
    }

    private boolean isArmed(CrashPoint point) throws IOException {
        return Files.exists(armed) && Files.readString(armed).equals(point.name());
    }

    /// Follows each migration from here, for that everything is sent shows in its phase only.
    private final class EngineWatch implements InvocationHandler {
        private final Object engine;

        EngineWatch(Object engine) {
            this.engine = engine;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Exception {
            Object result = FaultyHypervisor.invoke(method, engine, arguments);
            if (result instanceof Migration migration && isArmed(CrashPoint.SOURCE_STATE_SENT)) {
                Thread.ofPlatform().daemon().name("crash-watch").start(() -> dieWhenSent(migration));
            }
            return result;
        }

        private void dieWhenSent(Migration migration) {
            while (migration.progress().phase().compareTo(Phase.COMMIT) < 0) {
                Thread.onSpinWait();
            }
            try {
                dieAt(CrashPoint.SOURCE_STATE_SENT);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
