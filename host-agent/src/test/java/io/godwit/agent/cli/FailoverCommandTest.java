package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailoverCommandTest {
    private static final String UNTOUCHED = """
            {"on":true,"by":"","sinceMs":0,"hosts":[
              {"host":"h1","alive":true,"leaseTakeoverWaitMs":1802}]}""";
    private static final String OFF = """
            {"on":false,"by":"root at host h1","sinceMs":1700000000000,"hosts":[
              {"host":"h1","alive":true,"leaseTakeoverWaitMs":%d},
              {"host":"h2","alive":true,"leaseTakeoverWaitMs":%d},
              {"host":"h3","alive":false,"leaseTakeoverWaitMs":1802}]}""";

    @TempDir
    Path directory = Path.of("");

    private Path socket = Path.of("");
    private FakeAgent agent;

    @BeforeEach
    void start() throws IOException {
        socket = directory.resolve("agent.sock");
        agent = new FakeAgent(socket);
    }

    @AfterEach
    void stop() throws IOException {
        agent.close();
    }

    @Test
    void showsTheSwitchAndHowFarTheHostsAre() {
        agent.on("GET /v1/failover", 200, OFF.formatted(1_802, 0));

        assertThat(Cli.run(socket, "failover", "status")).isEqualTo(new Cli(0, """
                        Failover is off: nothing is taken over, and guests run on without ZooKeeper, turned by root at \
                        host h1, 2023-11-14T22:13:20Z
                        HOST  AGENT     LEASE         TAKEOVER AFTER
                        h1    alive     enforced             1802 ms
                        h2    alive     not enforced               -
                        h3    not seen  enforced             1802 ms
                        """, ""));
    }

    @Test
    void offWaitsUntilEveryLiveHostHasFollowed() {
        agent.on("PUT /v1/failover", 200, OFF.formatted(1_802, 1_802));
        agent.on("GET /v1/failover", 200, OFF.formatted(1_802, 0));
        agent.on("GET /v1/failover", 200, OFF.formatted(0, 0));

        Cli cli = Cli.run(socket, "failover", "off");

        assertThat(cli.exitCode()).isZero();
        assertThat(cli.err()).isEqualTo("""
                h3: not seen, so it cannot follow; if it runs, its guests have been stopped by now
                h2: its guests run on without ZooKeeper
                h1: its guests run on without ZooKeeper
                """);
        assertThat(cli.out()).startsWith("Failover is off");
        assertThat(agent.requests().getFirst())
                .matches("(?s)PUT /v1/failover .*\"on\" : false,.*\"by\" : \"[^\"]+\".*");
        assertThat(agent.requests()).hasSize(3);
    }

    @Test
    void offNamesThoseThatHaveNotFollowedInTime() {
        agent.on("PUT /v1/failover", 200, OFF.formatted(1_802, 0));
        agent.on("GET /v1/failover", 200, OFF.formatted(1_802, 0));

        Cli cli = Cli.run(socket, "failover", "off", "--timeout", "1");

        assertThat(cli.exitCode()).isEqualTo(1);
        assertThat(cli.err()).contains("after 1 s these hosts have not followed: h1. Their guests are still stopped");
    }

    @Test
    void offSaysThatSomebodyElseHasTurnedItOnAgain() {
        agent.on("PUT /v1/failover", 200, OFF.formatted(1_802, 0));
        agent.on("GET /v1/failover", 200, UNTOUCHED.replace("\"by\":\"\"", "\"by\":\"mary\""));

        Cli cli = Cli.run(socket, "failover", "off");

        assertThat(cli.exitCode()).isEqualTo(1);
        assertThat(cli.err()).contains("turned on again meanwhile, by mary");
    }

    @Test
    void onDoesNotWait() {
        agent.on("PUT /v1/failover", 200, UNTOUCHED);

        Cli cli = Cli.run(socket, "failover", "on", "--json");

        assertThat(cli.exitCode()).isZero();
        assertThat(Json.MAPPER.readTree(cli.out()).path("on").asBoolean(false)).isTrue();
        assertThat(agent.requests()).hasSize(1);
        assertThat(Cli.run(socket, "failover", "sideways").exitCode()).isEqualTo(2);
        assertThat(Cli.run(socket, "failover", "off", "--timeout", "0").exitCode())
                .isEqualTo(2);
    }
}
