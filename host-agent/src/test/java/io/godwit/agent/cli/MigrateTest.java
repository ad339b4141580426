package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.OnSlow;
import io.godwit.migration.Slowness;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigrateTest {
    private static final UUID ID = UUID.fromString("11111111-2222-3333-4444-555555555555");
    private static final String ADJUST = "PATCH /v1/guests/web1/migration";
    private static final String START = "POST /v1/guests/web1/migration";
    private static final String SHOW = "GET /v1/guests/web1/migration";
    private static final String EVENTS = "GET /v1/guests/web1/migration/events";
    private static final String STREAM = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

    @TempDir
    Path directory = Path.of("");

    private Path socket = Path.of("");
    private FakeAgent agent;

    @BeforeEach
    void start() throws IOException {
        socket = directory.resolve("agent.sock");
        agent = new FakeAgent(socket);
        agent.on(START, 202, view(null));
    }

    @AfterEach
    void stop() throws IOException {
        agent.close();
    }

    @Test
    void followsTheEventsAndPrintsAReport() {
        agent.raw(
                EVENTS,
                STREAM
                        + event("progress", json(progress(MigrationProgress.Phase.PREPARE, 0, 20)))
                        + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 1, 100)))
                        + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 1, 300)))
                        + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 1, 1100)))
                        + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 2, 1200)))
                        + event("report", json(report(MigrationReport.Result.COMPLETED))));

        Cli cli = Cli.run(socket, "migrate", "web1", "host2");

        assertThat(cli).isEqualTo(new Cli(0, """
                           0.0 s  prepare
                           0.1 s  rounds      round 1  128 MiB of 512 MiB  sent 64 MiB  at 100 MiB/s  dirty 20 MiB/s  downtime ~31 ms
                           1.1 s  rounds      round 1  128 MiB of 512 MiB  sent 64 MiB  at 100 MiB/s  dirty 20 MiB/s  downtime ~31 ms
                           1.2 s  rounds      round 2  128 MiB of 512 MiB  sent 64 MiB  at 100 MiB/s  dirty 20 MiB/s  downtime ~31 ms
                        ROUND   PAGES     SENT     TOOK  GUEST WROTE
                            1  131072  100 MiB  1000 ms            -
                            2    5000    4 MiB  40.5 ms     20 MiB/s

                        web1: host1 -> host2: completed
                          reason    It runs on host2.
                          total     1234 ms
                          downtime  31.5 ms of 50 ms (pause 1.0 ms, last round 20.0 ms, device state 4.0 ms, commit 5.0 ms, resume 1.5 ms)
                          sent      104 MiB for 512 MiB of RAM
                          pages     100000 zero, 30000 compressed, 6072 as they are
                          packets   11 of 12 late ones forwarded
                          epoch     4
                          warning   The tap stayed.
                        """, ""));
    }

    @Test
    void sendsWhatWasAsked() throws Exception {
        agent.raw(EVENTS, STREAM + event("report", json(report(MigrationReport.Result.COMPLETED))));

        Cli.run(
                socket,
                "migrate",
                "web1",
                "host2",
                "--downtime-ms",
                "30",
                "--bandwidth",
                "800Mbit/s",
                "--timeout",
                "60",
                "--on-slow",
                "throttle",
                "--downtime-max-ms",
                "900",
                "--no-yield",
                "--compression",
                "zstd",
                "--verify");

        assertThat(Json.MAPPER.readTree(agent.requests().getFirst().substring(START.length())))
                .isEqualTo(Json.MAPPER.readTree("""
                        {"targetHost":"host2","downtimeBudgetMs":30,"bandwidthBytesPerSecond":100000000,
                         "timeoutMs":60000,"onSlow":"throttle","downtimeMaxMs":900,"yields":false,"compression":"zstd","verify":true,"dryRun":false}
                        """));
    }

    @Test
    void whatWasNotAskedIsLeftToTheAgent() throws Exception {
        agent.raw(EVENTS, STREAM + event("report", json(report(MigrationReport.Result.COMPLETED))));
        Cli.run(socket, "migrate", "web1", "host2");
        assertThat(Json.MAPPER.readTree(agent.requests().getFirst().substring(START.length())))
                .isEqualTo(Json.MAPPER.readTree("""
                        {"targetHost":"host2","downtimeBudgetMs":null,"bandwidthBytesPerSecond":null,"timeoutMs":null,
                         "onSlow":null,"downtimeMaxMs":null,"yields":null,"compression":null,"verify":false,"dryRun":false}
                        """));
    }

    @Test
    void changesLimitsOfTheMigrationUnderWay() throws Exception {
        agent.on(ADJUST, 202, view(null));
        Cli cli = Cli.run(socket, "migrate", "--set", "web1", "bandwidth=800Mbit/s", "downtime=200");
        assertThat(cli.exitCode()).isZero();
        assertThat(cli.out())
                .isEqualTo("The migration of web1 goes on with bandwidth 95.4 MiB/s, a downtime budget of 200 ms\n");
        assertThat(Json.MAPPER.readTree(agent.requests().getFirst().substring(ADJUST.length())))
                .isEqualTo(Json.MAPPER.readTree("{\"bandwidthBytesPerSecond\":100000000,\"downtimeBudgetMs\":200}"));
        assertThat(Cli.run(socket, "migrate", "--set", "web1", "bandwidth=unlimited")
                        .out())
                .contains("bandwidth unlimited");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--set web1",
                "--set web1 host2",
                "--set web1 bandwidth=fast",
                "--set web1 downtime=soon",
                "--set web1 downtime=1 downtime=2",
                "--set web1 rounds=3",
                "web1",
                "web1 host2 host3",
                "web1 host2 --on-slow=pray",
                "web1 host2 --watch"
            })
    void refusesWhatItDoesNotUnderstand(String words) {
        List<String> arguments = new ArrayList<>(List.of("migrate"));
        arguments.addAll(List.of(words.split(" ", -1)));
        Cli cli = Cli.run(socket, arguments.toArray(String[]::new));
        assertThat(cli.exitCode()).as(cli.err()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(agent.requests()).isEmpty();
    }

    @Test
    void saysWhatGaveWay() {
        MigrationReport plain = report(MigrationReport.Result.COMPLETED);
        MigrationReport report = new MigrationReport(
                plain.migration(),
                plain.guest(),
                plain.source(),
                plain.target(),
                plain.epoch(),
                plain.result(),
                plain.reason(),
                plain.totalMs(),
                plain.downtimeMs(),
                plain.downtimeBudgetMs(),
                plain.rounds(),
                plain.ramBytes(),
                plain.bytesSent(),
                plain.zeroPages(),
                plain.compressedPages(),
                plain.rawPages(),
                plain.deltaPages(),
                plain.switchover(),
                plain.forwardedFrames(),
                plain.warnings(),
                new Slowness(OnSlow.THROTTLE, 169, 0, 40, 3_200, 0),
                new MigrationReport.LatePages(9_000, 120, 850));
        agent.raw(EVENTS, STREAM + event("report", json(report)));
        assertThat(Cli.run(socket, "migrate", "web1", "host2").out())
                .contains("stretched the downtime budget grew to 169 ms")
                .contains("slowed    by up to 40 % for 3200 ms")
                .contains(
                        "late      9000 pages followed the guest, 120 of them were waited for; it needed host1 for 850");
    }

    @Test
    void asJsonNothingButTheReportIsPrinted() throws Exception {
        MigrationReport report = report(MigrationReport.Result.COMPLETED);
        agent.raw(
                EVENTS,
                STREAM + ": a comment\n\n" + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 1, 100)))
                        + event("report", json(report)));

        Cli cli = Cli.run(socket, "--json", "migrate", "web1", "host2");

        assertThat(Json.MAPPER.readValue(cli.out(), MigrationReport.class)).isEqualTo(report);
        assertThat(cli.err()).isEmpty();
        assertThat(cli.exitCode()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationReport.Result.class,
            names = {"FAILED", "CANCELLED"})
    void exitsWith1UnlessCompleted(MigrationReport.Result result) {
        agent.raw(EVENTS, STREAM + event("report", json(report(result))));
        assertThat(Cli.run(socket, "migrate", "web1", "host2").exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void asksWhenTheEventsBreakOff() {
        agent.raw(EVENTS, STREAM + event("progress", json(progress(MigrationProgress.Phase.ROUNDS, 1, 100))));
        agent.on(SHOW, 200, view(null));
        agent.on(SHOW, 200, view(report(MigrationReport.Result.COMPLETED)));

        Cli cli = Cli.run(socket, "migrate", "web1", "host2");

        assertThat(cli.exitCode()).isZero();
        assertThat(cli.out()).contains("web1: host1 -> host2: completed");
    }

    @Test
    void doesNotTakeAnotherMigrationsReportForItsOwn() {
        agent.raw(EVENTS, STREAM);
        agent.on(SHOW, 200, view(null).replace("11111111", "99999999"));

        Cli cli = Cli.run(socket, "migrate", "web1", "host2");

        assertThat(cli.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(cli.err()).contains("Another migration of web1 has begun since");
    }

    @Test
    void anAgentThatGoesAwayIsUnreachableAndTheOutcomeUnknown() throws Exception {
        AgentClient client = new AgentClient(directory.resolve("gone.sock"), java.time.Duration.ofSeconds(5));
        MigrationFollower follower = new MigrationFollower(client, "web1", ID, ProgressView.NONE, 0);
        CliException e = org.assertj.core.api.Assertions.catchThrowableOfType(CliException.class, follower::await);
        assertThat(e.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(e.error().hint()).contains("godwit migrate web1 --watch");
    }

    @Test
    void aRefusalIsShownWithStateAndHint() throws IOException {
        try (FakeAgent refusing = new FakeAgent(directory.resolve("other.sock"))) {
            refusing.on(START, 422, CommandsTest.error("REFUSED", "No room on host2\\nNo bridge br1 on host2"));
            Cli cli = Cli.run(directory.resolve("other.sock"), "migrate", "web1", "host2");
            assertThat(cli).isEqualTo(new Cli(1, "", """
                            godwit: No room on host2
                            godwit: No bridge br1 on host2
                              state: running on host1
                              hint:  Try again.
                            """));
        }
    }

    @Test
    void dryRunShowsAllBlockersAndExitsWith1() throws IOException {
        try (FakeAgent dry = new FakeAgent(directory.resolve("other.sock"))) {
            dry.on(START, 200, """
                    {"guest":"web1","source":"host1","target":"host2","blockers":["no room","no bridge"]}""");
            assertThat(Cli.run(directory.resolve("other.sock"), "migrate", "web1", "host2", "--dry-run"))
                    .isEqualTo(new Cli(1, "web1 cannot move from host1 to host2:\n  - no room\n  - no bridge\n", ""));
        }
    }

    @Test
    void dryRunWithoutBlockersExitsWith0() throws IOException {
        try (FakeAgent dry = new FakeAgent(directory.resolve("other.sock"))) {
            dry.on(START, 200, """
                    {"guest":"web1","source":"host1","target":"host2","blockers":[]}""");
            assertThat(Cli.run(directory.resolve("other.sock"), "migrate", "web1", "host2", "--dry-run"))
                    .isEqualTo(new Cli(0, "web1 can move from host1 to host2; nothing was done\n", ""));
        }
    }

    @Test
    void watchFollowsWhatIsUnderWay() {
        agent.on(SHOW, 200, view(null));
        agent.raw(EVENTS, STREAM + event("report", json(report(MigrationReport.Result.COMPLETED))));

        assertThat(Cli.run(socket, "migrate", "web1", "--watch").exitCode()).isZero();
        assertThat(agent.requests()).containsExactly(SHOW, EVENTS);
    }

    @Test
    void ctrlCLeavesTheMigrationRunningAndSaysHowToCancelIt() throws Exception {
        // A stream that promises more than it gives keeps the command waiting, as a long round does.
        agent.raw(EVENTS, "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n");
        agent.on(SHOW, 200, view(null));
        // Whoever runs the tests in the background may have them ignore the signal.
        Process process = new ProcessBuilder(
                        "env",
                        "--default-signal=INT",
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Godwit.class.getName(),
                        "--agent",
                        socket.toString(),
                        "migrate",
                        "web1",
                        "host2")
                .start();
        try {
            InputStream out = process.getInputStream();
            // The first line of progress: it follows now.
            assertThat(out.read()).isPositive();
            assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
            assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("""
                            The migration of web1 goes on.
                              watch it:   godwit migrate web1 --watch
                              cancel it:  godwit cancel web1
                            """);
            assertThat(agent.requests()).noneMatch(request -> request.startsWith("DELETE"));
        } finally {
            process.destroyForcibly();
        }
    }

    static String view(@Nullable MigrationReport report) {
        MigrationProgress progress = progress(MigrationProgress.Phase.ROUNDS, 1, 100);
        return "{\"id\":\"" + ID + "\",\"guest\":\"web1\",\"source\":\"host1\",\"target\":\"host2\",\"progress\":"
                + json(progress) + ",\"report\":" + (report == null ? "null" : json(report)) + "}";
    }

    static MigrationProgress progress(MigrationProgress.Phase phase, int round, long elapsedMs) {
        return new MigrationProgress(
                phase, round, 512L << 20, 128L << 20, 64L << 20, 20L << 20, 100L << 20, 31, elapsedMs);
    }

    private static MigrationReport report(MigrationReport.Result result) {
        return new MigrationReport(
                ID,
                "web1",
                "host1",
                "host2",
                4,
                result,
                "It runs on host2.",
                1234.4,
                31.5,
                50,
                List.of(
                        new MigrationReport.Round(131_072, 100L << 20, 1000, 0),
                        new MigrationReport.Round(5_000, 4L << 20, 40.5, 20L << 20)),
                512L << 20,
                104L << 20,
                100_000,
                30_000,
                6_072,
                0,
                new MigrationReport.Switchover(1, 20, 4, 5, 1.5),
                new MigrationReport.ForwardedFrames(12, 11, 1),
                List.of("The tap stayed."),
                Slowness.UNKNOWN,
                MigrationReport.LatePages.NONE);
    }

    private static String event(String name, String json) {
        return "event: " + name + "\ndata: " + json.replace("\n", " ").replace("\r", "") + "\n\n";
    }

    private static String json(Object value) {
        return Json.MAPPER.writeValueAsString(value);
    }
}
