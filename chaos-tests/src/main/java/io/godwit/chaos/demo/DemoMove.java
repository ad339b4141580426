package io.godwit.chaos.demo;

import io.godwit.chaos.probe.PingLog;
import tools.jackson.databind.JsonNode;

/// One move as it is shown: the engine's own report, and what an outsider saw of it.
///
/// @param result      of the report: COMPLETED, FAILED or CANCELLED
/// @param bytesSent   on the wire
/// @param downtimeMs  by the engine's report
/// @param silenceMs   the longest between two answered pings
public record DemoMove(
        int number,
        String source,
        String target,
        String result,
        String reason,
        int rounds,
        long bytesSent,
        double totalMs,
        double downtimeMs,
        double silenceMs,
        long pingsSent,
        long pingsLost,
        long pingsDuplicated) {

    static DemoMove of(int number, JsonNode report, PingLog pings) {
        return new DemoMove(
                number,
                report.path("source").asString(""),
                report.path("target").asString(""),
                report.path("result").asString(""),
                report.path("reason").asString(""),
                report.path("rounds").size(),
                report.path("bytesSent").asLong(0),
                report.path("totalMs").asDouble(0),
                report.path("downtimeMs").asDouble(0),
                pings.longestSilenceMs(),
                pings.sent(),
                pings.lost(),
                pings.duplicates());
    }

    boolean completed() {
        return result.equals("COMPLETED");
    }
}
