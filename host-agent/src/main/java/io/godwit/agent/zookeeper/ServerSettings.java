package io.godwit.agent.zookeeper;

import io.godwit.agent.config.AgentConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How one ZooKeeper server is run.
///
/// @param data      holds the log and the snapshots; made if missing
/// @param address   to listen on for clients, an IP literal or a name
/// @param tickMs    sessions end at a tick, so that the end of a host is noticed up to one tick late; clients may
///                  ask for session timeouts of 2 ticks up to 40 s, or 20 ticks if that is more
/// @param tls       with it the port speaks TLS only, clients need a certificate of the authority, and servers
///                  speak TLS among themselves; null for none of that
/// @param ensemble  null for a server that is alone
public record ServerSettings(
        Path data,
        String address,
        int port,
        int tickMs,
        AgentConfig.@Nullable TlsFiles tls,
        @Nullable Ensemble ensemble) {}
