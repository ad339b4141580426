package io.godwit.benchmarks.subject;

import io.godwit.benchmarks.grid.Configuration;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A guest of the lab's agents. It is moved by the request that `godwit migrate` makes, and the report is the one
/// that `godwit migrate --json` prints; what the command line's own start takes is not the move's.
public final class GodwitSubject implements Subject {
    private static final long GRACE_S = 60;
    private static final String POST_COPY = "post-copy";

    private final Lab lab;
    private final GuestFile file;
    private final Configuration.Godwit configuration;
    private final boolean verify;

    /// @param verify  compare digests of all RAM while the guest is paused; not where pages may come later
    public GodwitSubject(Lab lab, GuestFile file, Configuration.Godwit configuration, boolean verify) {
        this.lab = lab;
        this.file = file;
        this.configuration = configuration;
        this.verify = verify && !POST_COPY.equals(configuration.request().get("onSlow"));
    }

    @Override
    public void boot() {
        lab.host(1).cli("create", lab.write(file).toString()).orThrow();
    }

    /// The QEMU that the agent has started.
    public long process() {
        List<Long> processes = lab.host(1).guestProcesses();
        if (processes.size() != 1) {
            throw new LabException("There is not one QEMU on h1 but " + processes.size());
        }
        return processes.getFirst();
    }

    @Override
    public Move move(int downtimeMs, int timeoutS) {
        return move(1, 2, downtimeMs, timeoutS);
    }

    /// Moves it there and back, so that both agents have been source and target. A move that does not converge leaves
    /// it where it is.
    public void rehearse(int times, int downtimeMs, int timeoutS) {
        int host = 1;
        for (int move = 0; move < 2 * times; move++) {
            int other = 3 - host;
            if (move(host, other, downtimeMs, timeoutS).completed()) {
                host = other;
            }
        }
    }

    private Move move(int from, int to, int downtimeMs, int timeoutS) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("targetHost", lab.host(to).name());
        body.put("downtimeBudgetMs", downtimeMs);
        body.put("timeoutMs", TimeUnit.SECONDS.toMillis(timeoutS));
        body.put("verify", verify);
        body.put("dryRun", false);
        body.putAll(configuration.request());
        LabHost source = lab.host(from);
        String path = "/v1/guests/" + file.name() + "/migration";
        long startNs = System.nanoTime();
        source.request("POST", path, JsonMapper.shared().writeValueAsString(body));
        boolean told = source.awaitEvent(path + "/events", "report", Duration.ofSeconds(timeoutS + GRACE_S));
        long endNs = System.nanoTime();
        JsonNode report = source.get(path).path("report");
        if (!told || !report.isObject()) {
            throw new LabException("Nobody told of the end of Godwit's migration, which began "
                    + (endNs - startNs) / 1_000_000 + " ms ago");
        }
        return move(report, startNs, endNs);
    }

    /// @throws LabException unless it completed, or was given up because it did not converge in time
    static Move move(JsonNode report, long startNs, long endNs) {
        String result = report.path("result").asString("");
        String reason = report.path("reason").asString("");
        boolean completed = result.equals("COMPLETED");
        // The policy says so in this word; every other end is a fault of the engine or of the lab.
        if (!completed && !reason.contains("converg")) {
            throw new LabException("Godwit's migration ended as " + result + ": " + reason);
        }
        List<Move.Round> rounds = rounds(report);
        double downtimeMs = report.path("downtimeMs").asDouble(0);
        JsonNode late = report.path("latePages");
        double roundsMs = rounds.isEmpty() ? 0 : rounds.getLast().endMs();
        return new Move(
                completed,
                completed ? "" : reason,
                (endNs - startNs) / 1e6,
                roundsMs + downtimeMs + late.path("dependedMs").asDouble(0),
                downtimeMs,
                rounds,
                late.path("pages").asDouble(Double.NaN),
                endNs);
    }

    private static List<Move.Round> rounds(JsonNode report) {
        List<Move.Round> rounds = new ArrayList<>();
        double atMs = 0;
        for (JsonNode round : report.path("rounds")) {
            double endMs = atMs + round.path("durationMs").asDouble(0);
            rounds.add(new Move.Round(atMs, endMs, round.path("bytesSent").asLong(0)));
            atMs = endMs;
        }
        return rounds;
    }

    @Override
    public void close() {
        Command.Result result = lab.host(1).cli("destroy", file.name());
        if (!result.succeeded() && !result.stderr().contains("There is no such guest")) {
            result.orThrow();
        }
    }
}
