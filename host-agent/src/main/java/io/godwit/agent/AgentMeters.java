package io.godwit.agent;

import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.SlotState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.Map;

/// The agent's own meters and those of its JVM.
final class AgentMeters implements AutoCloseable {
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

    private AgentMeters() {}

    static AgentMeters register(HostContext host, MeterRegistry meters) {
        AgentMeters own = new AgentMeters();
        own.garbageCollection.bindTo(meters);
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new ClassLoaderMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        new FileDescriptorMetrics().bindTo(meters);
        new UptimeMetrics().bindTo(meters);

        Map<String, Class<? extends SlotState>> kinds = Map.of(
                "here", SlotState.Here.class,
                "leaving", SlotState.Leaving.class,
                "arriving", SlotState.Arriving.class,
                "reserved", SlotState.Reserved.class,
                "unmanaged", SlotState.Unmanaged.class);
        kinds.forEach((name, kind) -> Gauge.builder("godwit.agent.guests", host.table(), table -> table.count(kind))
                .description("Guests in this host's table")
                .tag("state", name)
                .register(meters));
        Gauge.builder("godwit.agent.memory.used", host.table(), table -> table.memoryUsedBytes())
                .description("RAM of the guests in this host's table")
                .baseUnit("bytes")
                .register(meters);
        Gauge.builder("godwit.agent.memory.limit", () -> host.config().limits().memoryBytes())
                .description("RAM this host lends to guests")
                .baseUnit("bytes")
                .register(meters);
        Gauge.builder("godwit.agent.zookeeper.connected", () -> host.ownership().connected() ? 1 : 0)
                .description("1 while ZooKeeper answers")
                .register(meters);
        return own;
    }

    @Override
    public void close() {
        garbageCollection.close();
    }
}
