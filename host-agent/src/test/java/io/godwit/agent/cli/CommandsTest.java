package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class CommandsTest {
    private static final String WEB1 = """
            {"name":"web1","host":"host1","state":"running","epoch":3,"memoryBytes":536870912,"vcpus":2,"migratingTo":""}
            """;
    private static final String DB = """
            {"name":"db","host":"","state":"stopped","epoch":12,"memoryBytes":3221225472,"vcpus":16,"migratingTo":"",
             "fieldOfTomorrow":1}
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
    void listIsATableInOrder() {
        agent.on("GET /v1/guests", 200, "[" + WEB1 + "," + DB + "]");

        Cli cli = Cli.run(socket, "list");

        assertThat(cli).isEqualTo(new Cli(0, """
                        NAME  HOST   STATE     MEMORY  VCPUS  EPOCH  MIGRATING TO
                        db    -      stopped    3 GiB     16     12
                        web1  host1  running  512 MiB      2      3
                        """, ""));
    }

    @Test
    void listAsJsonIsWhatTheAgentSaid() throws Exception {
        agent.on("GET /v1/guests", 200, "[" + WEB1 + "," + DB + "]");

        Cli cli = Cli.run(socket, "list", "--json");

        JsonNode expected = Json.MAPPER.readTree("[" + WEB1 + "," + DB + "]");
        assertThat(Json.MAPPER.readTree(cli.out())).isEqualTo(expected);
        assertThat(cli.exitCode()).isZero();
    }

    @Test
    void hostsSaysThatFailoverIsOff() {
        agent.on("GET /v1/hosts", 200, "[]");
        agent.on("GET /v1/failover", 200, failover(false, 1_700_000_000_000L, "root at host h1"));
        assertThat(Cli.run(socket, "hosts").out()).contains("Failover is off: nothing is taken over");
    }

    @Test
    void hostsIsATable() {
        agent.on("GET /v1/hosts", 200, """
                [{"name":"host1","address":"192.0.2.11","state":"up","alive":true,"leaseTakeoverWaitMs":1802,"guests":1,
                  "memoryBytes":12884901888,"memoryUsedBytes":536870912},
                 {"name":"host2","address":"192.0.2.12","state":"draining","alive":false,"leaseTakeoverWaitMs":0,"guests":0,
                  "memoryBytes":12884901888,"memoryUsedBytes":0}]
                """);

        agent.on("GET /v1/failover", 200, failover(true, 0, ""));

        assertThat(Cli.run(socket, "hosts").out()).isEqualTo("""
                NAME   ADDRESS     STATE     AGENT     LEASE         GUESTS  MEMORY USED  MEMORY
                host1  192.0.2.11  up        alive     enforced           1      512 MiB  12 GiB
                host2  192.0.2.12  draining  not seen  not enforced       0          0 B  12 GiB
                """);
    }

    @ParameterizedTest
    @CsvSource({
        "pause, POST /v1/guests/web1/pause, web1 is paused on host1",
        "resume, POST /v1/guests/web1/resume, web1 runs on host1",
        "shutdown, POST /v1/guests/web1/shutdown, web1 has been asked to power off on host1",
        "destroy, DELETE /v1/guests/web1, web1 has been destroyed on host1"
    })
    void oneThingToOneGuest(String command, String request, String said) {
        agent.on(request, 200, WEB1);

        assertThat(Cli.run(socket, command, "web1")).isEqualTo(new Cli(0, said + "\n", ""));
        assertThat(agent.requests()).containsExactly(request);
    }

    @Test
    void namesCannotLeaveTheirPlaceInThePath() {
        agent.on("POST /v1/guests/..%2F..%2Fhosts%3Fx%20y/pause", 404, error("NOT_FOUND", "There is no such guest"));

        Cli cli = Cli.run(socket, "pause", "../../hosts?x y");

        assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(cli.err()).isEqualTo("""
                godwit: There is no such guest
                  state: running on host1
                  hint:  Try again.
                """);
    }

    @Test
    void createSendsTheFileAndShowsItsWarnings() throws Exception {
        Path file = Files.writeString(directory.resolve("web1.cfg"), "name = 'web1'\n");
        agent.on("POST /v1/guests", 201, "{\"guest\":" + WEB1 + ",\"warnings\":[\"web1.cfg:3: x means nothing\"]}");

        Cli cli = Cli.run(socket, "create", file.toString(), "--paused");

        assertThat(cli).isEqualTo(new Cli(0, "web1 is paused on host1\n", "warning: web1.cfg:3: x means nothing\n"));
        String body = agent.requests().getFirst().substring("POST /v1/guests ".length());
        assertThat(Json.MAPPER.readTree(body))
                .isEqualTo(Json.MAPPER
                        .createObjectNode()
                        .put("fileName", file.toString())
                        .put("text", "name = 'web1'\n")
                        .put("paused", true));
    }

    @Test
    void aGuestFileWithMistakesIsBadInputAndEachMistakeALine() throws Exception {
        Path file = Files.writeString(directory.resolve("web1.cfg"), "x");
        agent.on("POST /v1/guests?dryRun=true", 400, error("BAD_REQUEST", "web1.cfg:1: one\\nweb1.cfg:2: two"));

        Cli cli = Cli.run(socket, "create", "--dry-run", file.toString());

        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).startsWith("godwit: web1.cfg:1: one\ngodwit: web1.cfg:2: two\n");
    }

    @Test
    void aGuestFileThatIsNotThereIsBadInput() {
        Cli cli = Cli.run(socket, "create", directory.resolve("none.cfg").toString());
        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).contains("none.cfg");
        assertThat(agent.requests()).isEmpty();
    }

    @Test
    void cancelSaysWhatIsBeingCancelled() {
        agent.on("DELETE /v1/guests/web1/migration", 202, MigrateTest.view(null));
        assertThat(Cli.run(socket, "cancel", "web1").out())
                .isEqualTo("The migration of web1 from host1 to host2 is being cancelled\n");
    }

    @Test
    void withoutAnAgentSaysSoAndExitsWith3() throws IOException {
        Path nobody = directory.resolve("nobody.sock");
        Cli cli = Cli.run(nobody, "list", "--json");

        assertThat(cli.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(cli.err())
                .contains("The agent cannot be reached at " + nobody)
                .contains("hint:");
        assertThat(Json.MAPPER.readTree(cli.out()).get("code").stringValue()).isEqualTo("UNREACHABLE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SSH-2.0-OpenSSH\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[",
                "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[",
            })
    void anAnswerThatBreaksOffOrIsNoHttpCountsAsUnreachable(String answer) {
        agent.raw("GET /v1/guests", answer);
        Cli cli = Cli.run(socket, "list");
        assertThat(cli.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(cli.out()).isEmpty();
    }

    @Test
    void chunkedAnswersAndAnswersWithoutLengthAreRead() {
        agent.raw(
                "GET /v1/guests",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n[\r\n1\r\n]\r\n0\r\n\r\n");
        assertThat(Cli.run(socket, "list").exitCode()).isZero();
        agent.raw("GET /v1/hosts", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n[]");
        agent.on("GET /v1/failover", 200, failover(true, 0, ""));
        assertThat(Cli.run(socket, "hosts").exitCode()).isZero();
    }

    @Test
    void answersThatAreNoJsonAreFailures() {
        agent.on("GET /v1/guests", 200, "<html>");
        assertThat(Cli.run(socket, "list").exitCode()).isEqualTo(ExitCode.FAILED);
        agent.on("GET /v1/hosts", 500, "<html>");
        assertThat(Cli.run(socket, "hosts").err()).contains("HTTP status 500: <html>");
    }

    @Test
    void textFromElsewhereCannotSteerTheTerminal() {
        agent.on("GET /v1/guests", 200, "[" + WEB1.replace("running", "\\u001b[2Jx") + "]");
        assertThat(Cli.run(socket, "list").out()).contains("?[2Jx").doesNotContain("\u001b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"frobnicate", "list extra", "pause", "migrate web1", "migrate web1 h2 --downtime-ms soon"})
    void wrongUsageExitsWith2(String line) {
        Cli cli = Cli.run(socket, line.split(" ", -1));
        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).isNotEmpty();
        assertThat(agent.requests()).isEmpty();
    }

    @Test
    void certificatesAreMadeFromTheCommandLine() throws Exception {
        Path ca = directory.resolve("ca");
        assertThat(Cli.run(socket, "certs", "init", "--dir", ca.toString()).exitCode())
                .isZero();
        Cli issued =
                Cli.run(socket, "certs", "issue", "host1", "--address", "192.0.2.11", "--dir", ca.toString(), "--json");
        assertThat(issued.exitCode()).isZero();
        assertThat(Json.MAPPER.readTree(issued.out()).get("key").stringValue()).isEqualTo(ca + "/host1.key");
        assertThat(Cli.run(socket, "certs", "issue", "host1", "--dir", ca.toString())
                        .exitCode())
                .isEqualTo(ExitCode.FAILED);
        assertThat(Cli.run(socket, "certs", "issue", "a/b", "--dir", ca.toString())
                        .exitCode())
                .isEqualTo(ExitCode.BAD_INPUT);
    }

    @Test
    void anAgentWithMistakesInItsConfigurationIsNotStarted() throws Exception {
        Path file = Files.writeString(directory.resolve("agent.yaml"), "name: host1\n");
        Cli cli = Cli.run(socket, "agent", "--config", file.toString());
        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).contains("address is missing").contains("bridge is missing");
    }

    static String error(String code, String message) {
        return "{\"code\":\"" + code + "\",\"message\":\"" + message
                + "\",\"state\":\"running on host1\",\"hint\":\"Try again.\"}";
    }

    private static String failover(boolean on, long sinceMs, String by) {
        return "{\"on\":" + on + ",\"by\":\"" + by + "\",\"sinceMs\":" + sinceMs + ",\"hosts\":[]}";
    }
}
