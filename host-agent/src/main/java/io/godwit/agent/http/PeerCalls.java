package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.util.EventLoopGroups;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.storage.AgentCalls;
import io.godwit.storage.HostEntry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Calls of other agents that begin before this agent's own API is open.
public final class PeerCalls implements AgentCalls {
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final EventLoopGroup loops;
    private final Peers peers;

    private PeerCalls(EventLoopGroup loops, Peers peers) {
        this.loops = loops;
        this.peers = peers;
    }

    public static PeerCalls open(String self, AgentConfig.@Nullable TlsFiles tls) {
        EventLoopGroup loops = EventLoopGroups.newEventLoopGroup(1, "godwit-calls");
        return new PeerCalls(loops, new Peers(self, tls, loops));
    }

    @Override
    public Answer post(HostEntry host, String path, byte[] body, Duration timeout)
            throws IOException, InterruptedException {
        AggregatedHttpResponse answer = peers.post(host, path, body, timeout);
        return new Answer(answer.status().code(), answer.content().array());
    }

    @Override
    public void close() {
        peers.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }
}
