package io.godwit.chaos.acceptance;

import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.migration.MigrationProgress.Phase;
import java.time.Duration;
import tools.jackson.databind.JsonNode;

/// A migration under way, for tests that do something to it at a certain moment. It is started and followed over
/// the agent's socket: the command line would take a second to come up.
final class Underway {
    private static final Duration SLOW = Duration.ofSeconds(30);

    private final LabHost source;
    private final String path;
    private final String id;

    private Underway(LabHost source, String path, String id) {
        this.source = source;
        this.path = path;
        this.id = id;
    }

    /// @param bytesPerSecond its cap, so that its rounds take long enough to be met in the middle; 0 for none
    static Underway start(Lab lab, TestGuest guest, int source, int target, long bytesPerSecond) {
        String path = "/v1/guests/" + guest.name() + "/migration";
        String body = """
                {"targetHost":"h%d","downtimeBudgetMs":%s,"bandwidthBytesPerSecond":%s,"verify":false,"dryRun":false}""".formatted(
                target, TestGuest.DOWNTIME_BUDGET_MS, bytesPerSecond == 0 ? "null" : Long.toString(bytesPerSecond));
        JsonNode view = lab.host(source).request("POST", path, body);
        return new Underway(lab.host(source), path, view.path("id").asString(""));
    }

    /// @param request the body of the request that starts it
    static Underway start(Lab lab, TestGuest guest, int source, String request) {
        String path = "/v1/guests/" + guest.name() + "/migration";
        JsonNode view = lab.host(source).request("POST", path, request);
        return new Underway(lab.host(source), path, view.path("id").asString(""));
    }

    /// How far it is.
    JsonNode progress() {
        return view().path("progress");
    }

    /// Waits until it sends memory.
    void awaitRounds() {
        await("rounds").atMost(SLOW).pollInterval(Duration.ofMillis(20)).until(() -> {
            JsonNode progress = view().path("progress");
            return phase(progress) == Phase.ROUNDS && progress.path("bytesSent").asLong(0) > 500_000;
        });
    }

    /// Waits until it has come this far, or further: short phases may go by between two looks.
    void awaitPhase(Phase phase) {
        await("phase " + phase)
                .atMost(SLOW)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> phase(view().path("progress")).compareTo(phase) >= 0);
    }

    /// Changes its cap.
    void capAt(long bytesPerSecond) {
        source.request("PATCH", path, "{\"bandwidthBytesPerSecond\":%d}".formatted(bytesPerSecond));
    }

    /// Asks for cancellation. A migration that has ended meanwhile refuses, which is no failure.
    void cancel() {
        try {
            source.request("DELETE", path, "");
        } catch (LabException e) {
            if (report().isMissingNode()) {
                throw e;
            }
        }
    }

    /// The report, once it is there.
    JsonNode awaitReport(Duration timeout) {
        await("report of the migration").atMost(timeout).until(() -> !report().isMissingNode());
        return report();
    }

    private JsonNode report() {
        JsonNode report = view().path("report");
        return report.isNull() ? report.path("none") : report;
    }

    private JsonNode view() {
        JsonNode view = source.get(path);
        if (!view.path("id").asString("").equals(id)) {
            throw new IllegalStateException("Another migration has begun: " + view);
        }
        return view;
    }

    private static Phase phase(JsonNode progress) {
        return Phase.valueOf(progress.path("phase").asString(""));
    }
}
