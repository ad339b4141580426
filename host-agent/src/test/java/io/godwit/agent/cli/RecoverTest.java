package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoverTest {
    private static final String RECORD = "{\"state\":\"handover\",\"host\":\"h1\",\"target\":\"h2\",\"epoch\":3}";
    private static final String AFTER = "{\"state\":\"running\",\"host\":\"h1\",\"target\":\"\",\"epoch\":3}";
    private static final String H1 = """
            {"host":"h1","found":{"host":"h1","found":"paused","managed":true,"epoch":3,"pausedInEpoch":0,"busy":""},
             "action":"take_back","reason":"Its handover was left behind.","outcome":"%s","settled":%s}
            """;
    private static final String H2 = """
            {"host":"h2","found":{"host":"h2","found":"paused","managed":false,"epoch":0,"pausedInEpoch":0,"busy":""},
             "action":"destroy","reason":"It must not run.","outcome":"%s","settled":%s}
            """;
    private static final String SILENT = """
            {"host":"h3","found":null,"action":"unanswered","reason":"Its agent does not answer. Start it.",
             "outcome":"","settled":false}
            """;

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
    void showsWhatEveryHostHadAndWhatWasDone() {
        agent.on(
                "POST /v1/guests/web1/recovery",
                200,
                answer(
                        false,
                        true,
                        AFTER,
                        H1.formatted("It runs", true),
                        H2.formatted("The copy was destroyed", true)));
        assertThat(Cli.run(socket, "recover", "web1")).isEqualTo(new Cli(0, """
                        web1 is recorded as being handed over from h1 to h2, epoch 3
                        HOST  FOUND                       TO DO      DONE
                        h1    paused, epoch 3             take back  It runs
                        h2    paused, in nobody's charge  destroy    The copy was destroyed
                        web1 is now recorded as running on h1, epoch 3
                        """, ""));
    }

    @Test
    void hostsThatDoNotAnswerAreNamedAndTheExitStatusIs1() {
        agent.on(
                "POST /v1/guests/web1/recovery",
                200,
                answer(false, false, AFTER, H1.formatted("It runs", true), SILENT));
        Cli cli = Cli.run(socket, "recover", "web1");
        assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(cli.out()).contains("h3    no answer").contains("""
                What is left:
                  h3: Its agent does not answer. Start it.
                """);
    }

    @Test
    void aDryRunSaysWhatIsToBeDoneAndExitsWith1IfAnythingIs() {
        agent.on(
                "POST /v1/guests/web1/recovery?dryRun=true",
                200,
                answer(true, false, RECORD, H1.formatted("", false), H2.formatted("", false)));
        Cli cli = Cli.run(socket, "recover", "web1", "--dry-run");
        assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(cli.out()).contains("""
                What is to be done:
                  h1: Its handover was left behind.
                  h2: It must not run.
                """).doesNotContain("now recorded");
    }

    @Test
    void asJsonItIsWhatTheAgentSaid() throws Exception {
        String answer = answer(false, false, AFTER, SILENT);
        agent.on("POST /v1/guests/web1/recovery", 200, answer);
        Cli cli = Cli.run(socket, "recover", "web1", "--json");
        assertThat(Json.MAPPER.readTree(cli.out())).isEqualTo(Json.MAPPER.readTree(answer));
        assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
    }

    private static String answer(boolean dryRun, boolean settled, String after, String... hosts) {
        return "{\"guest\":\"web1\",\"record\":" + RECORD + ",\"after\":" + after + ",\"dryRun\":" + dryRun
                + ",\"settled\":" + settled + ",\"hosts\":[" + String.join(",", hosts) + "]}";
    }
}
