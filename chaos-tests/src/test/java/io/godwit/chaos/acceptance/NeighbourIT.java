package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.probe.RoundTrips;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A migration over the link that the guest itself uses does not make the guest's packets wait. The link is
/// slow, so that it and not the machine is what everything waits for.
@Thorough
final class NeighbourIT {
    private static final int TRIES = 3;

    private static Lab lab;
    private static TestGuest guest;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itpace").withHosts(2).withLinkRate("200mbit"));
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 256, new GuestWorkload(128, 4, 1, GuestWorkload.Fill.RANDOM, 5)), 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    /// The queue of this link holds 10 ms. Whoever floods it makes nearly every ping wait for that long.
    @Test
    void theGuestsPingsDoNotWaitBehindItsMemory() throws IOException {
        List<String> seen = new ArrayList<>();
        double yielding = Double.MAX_VALUE;
        double flooding = Double.MAX_VALUE;
        // Others use this machine too: each is taken at its best.
        for (int attempt = 0; attempt < TRIES; attempt++) {
            flooding = Math.min(flooding, moved(seen, "flooding", 1, 2, "--no-yield"));
            yielding = Math.min(yielding, moved(seen, "yielding", 2, 1));
        }
        Files.write(Path.of("target/neighbour.txt"), seen);
        assertThat(yielding).as("%s", seen).isLessThan(0.6 * flooding);
    }

    /// @return the round trip, in ms, that nine of ten pings stay below while the guest moves
    private static double moved(List<String> seen, String how, int source, int target, String... options) {
        try (PingProbe probe =
                PingProbe.start(lab.network().client(), guest.file().address())) {
            double totalMs = guest.move(source, target, options).path("totalMs").asDouble(0);
            String output = probe.end();
            PingLog log = PingLog.parse(output);
            RoundTrips trips = RoundTrips.parse(output);
            seen.add("%s: %.0f ms in all; round trips of pings p50 %.2f, p90 %.2f, p99 %.2f ms; %d of %d lost"
                    .formatted(how, totalMs, trips.ms(0.5), trips.ms(0.9), trips.ms(0.99), log.lost(), log.sent()));
            return trips.ms(0.9);
        }
    }
}
