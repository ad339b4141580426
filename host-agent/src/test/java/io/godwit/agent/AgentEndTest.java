package io.godwit.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.testing.TestHost;
import java.nio.file.Path;
import java.util.List;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an agent leaves of itself. Counts threads, so nothing may run beside it in its process.
class AgentEndTest {
    @TempDir
    Path directory;

    @Test
    void leavesNoThreadAndNoSocketBehind() throws Exception {
        try (TestingServer zooKeeper = new TestingServer();
                TestHost host = new TestHost("h1", zooKeeper.getConnectString(), directory, null)) {
            host.start();
            assertThat(host.post("/v1/guests", new CreateRequest("f", "web1", false))
                            .status())
                    .isEqualTo(HttpStatus.CREATED);
            assertThat(threads()).as("while it runs").anyMatch(name -> name.startsWith("godwit"));
            host.stop();
            assertThat(host.config.api().socket()).doesNotExist();
            await().untilAsserted(() -> assertThat(threads()).noneMatch(name -> name.startsWith("godwit")));
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
    }
}
