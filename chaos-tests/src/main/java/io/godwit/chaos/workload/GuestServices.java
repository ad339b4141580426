package io.godwit.chaos.workload;

import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Asks a guest's services over the network, from inside a namespace.
///
/// @param from     where the question comes from
/// @param address  the guest's
public record GuestServices(Namespace from, String address) {
    public static final int STATUS_PORT = 7000;
    public static final int MEMORY_PORT = 7001;
    public static final int DISK_PORT = 7002;
    public static final int ECHO_PORT = 7003;
    public static final int UDP_PORT = 7004;
    private static final JsonMapper JSON = JsonMapper.shared();

    /// How the guest is; empty if it does not answer within 2 s.
    public Optional<GuestStatus> status() {
        return ask(STATUS_PORT, Duration.ofSeconds(2)).map(line -> read(line, GuestStatus.class));
    }

    /// Makes the guest check all of its memory. It writes nothing meanwhile; takes about a second for 256 MiB.
    ///
    /// @throws LabException if it does not answer within 30 s
    public MemoryVerdict checkMemory() {
        return ask(MEMORY_PORT, Duration.ofSeconds(30))
                .map(line -> read(line, MemoryVerdict.class))
                .orElseThrow(() -> new LabException("Guest does not answer a memory check: " + address));
    }

    private Optional<String> ask(int port, Duration timeout) {
        Command.Result answer = Command.run(from.wrap("busybox", "nc", address, Integer.toString(port)), timeout);
        String line = answer.stdout().strip();
        return answer.succeeded() && line.startsWith("{") ? Optional.of(line) : Optional.empty();
    }

    private static <T> T read(String line, Class<T> type) {
        try {
            return JSON.readValue(line, type);
        } catch (JacksonException e) {
            throw new LabException("Guest answered what is not understood: " + line, e);
        }
    }
}
