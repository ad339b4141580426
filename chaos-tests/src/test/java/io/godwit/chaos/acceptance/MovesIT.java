package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.Leftovers;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.probe.StreamProbe;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/// A 512 MiB guest that dirties 20 MiB/s moves over 1 Gbit/s links. One guest lives through all of it, so a fault
/// of an earlier move is still seen by the later tests.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MovesIT {
    private static final int MOVES = 5;
    private static final double SILENCE_MS_MAX = 1000;

    private static Lab lab;
    private static TestGuest guest;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itmoves"));
        guest = TestGuest.boot(lab, lab.guest("web1", 1, 512, GuestWorkload.STANDARD), 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @Test
    @Order(1)
    void fiveMovesThereAndBackAreSurvivedByAConnectionAndHardlySeenByPing() throws IOException {
        List<String> seen = new ArrayList<>();
        try (StreamProbe stream =
                StreamProbe.start(lab.network().client(), guest.file().address())) {
            for (int move = 0; move < MOVES; move++) {
                int source = move % 2 == 0 ? 1 : 2;
                try (PingProbe pings =
                        PingProbe.start(lab.network().client(), guest.file().address())) {
                    JsonNode report = guest.move(source, 3 - source);
                    guest.assertWorks();
                    PingLog log = pings.stop();
                    seen.add("move %d: downtime %.1f ms reported, %.1f ms of silence, %d of %d pings lost"
                            .formatted(
                                    move + 1,
                                    report.path("downtimeMs").asDouble(-1),
                                    log.longestSilenceMs(),
                                    log.lost(),
                                    log.sent()));
                    assertThat(log.answered()).isPositive();
                    assertThat(log.longestSilenceMs()).as("%s", seen).isLessThan(SILENCE_MS_MAX);
                }
            }
            long before = stream.bytesReturned();
            await().until(() ->
                    stream.bytesReturned() > before || !stream.failure().isEmpty());
            assertThat(stream.failure()).isEmpty();
            assertThat(before).isGreaterThan(100_000);
        }
        Files.write(Path.of("target/moves.txt"), seen);
        guest.assertRunsOnlyOn(2);
        guest.assertTrue();
        assertThat(guest.writersSeen()).as("copies that have written the image").isGreaterThan(MOVES / 2);
    }

    @Test
    @Order(2)
    void digestsOfAllMemoryAreEqualWhetherTheGuestRunsOrIsPaused() throws IOException {
        guest.move(2, 1, "--verify");
        guest.assertWorks();
        lab.host(1).cli("pause", guest.name()).orThrow();
        guest.move(1, 2, "--verify");
        assertThat(lab.host(2).get("/v1/guests/" + guest.name()).path("state").asString(""))
                .isEqualTo("paused");
        lab.host(2).cli("resume", guest.name()).orThrow();
        guest.assertWorks();
        guest.assertTrue();
    }

    @Test
    @Order(3)
    void memoryIsTrueAfterGoingThereAndBackAndOnToAThirdHost() throws IOException {
        guest.move(2, 1);
        guest.move(1, 2);
        guest.move(2, 3);
        guest.assertRunsOnlyOn(3);
        guest.assertTrue();
        guest.move(3, 1);
    }

    @Test
    @Order(4)
    void movesBackAndForthLeaveNothingBehind() throws IOException {
        // The moves before, an agent's first, have opened the pools and connections that stay.
        Leftovers before = Leftovers.of(lab);
        int moves = Boolean.getBoolean(Thorough.PROPERTY) ? 10 : 4;
        for (int move = 0; move < moves; move++) {
            int source = move % 2 == 0 ? 1 : 2;
            guest.move(source, 3 - source);
        }
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> assertThat(Leftovers.of(lab).beyond(before)).isEmpty());
        guest.assertTrue();
        for (LabHost host : lab.hosts()) {
            assertThat(Files.readString(Path.of("/proc/" + host.agentPid() + "/cmdline")))
                    .contains("-Xmx256m");
        }
    }

    @Test
    @Order(5)
    void aGuestToldToShutDownPowersOffAndLeavesNothing() {
        lab.host(1).cli("shutdown", guest.name()).orThrow();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            for (LabHost host : lab.hosts()) {
                assertThat(host.guestProcesses()).isEmpty();
                assertThat(host.namespace().taps()).isEmpty();
            }
        });
        guest.close();
    }
}
