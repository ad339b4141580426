package io.godwit.agent.storage;

import io.godwit.storage.HostEntry;
import java.io.IOException;
import java.time.Duration;

/// How this agent speaks to others: with mutual TLS, where the cluster has it.
public interface AgentCalls extends AutoCloseable {

    /// @throws IOException if no answer came in time; the other may have done what was asked, or not
    Answer post(HostEntry host, String path, byte[] body, Duration timeout) throws IOException, InterruptedException;

    @Override
    void close();

    /// @param status of HTTP
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    record Answer(int status, byte[] body) {}
}
