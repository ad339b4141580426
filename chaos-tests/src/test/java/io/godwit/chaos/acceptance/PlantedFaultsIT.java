package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The acceptance tests prove something only if they fail when a promise is broken: here agents break them.
@Thorough
final class PlantedFaultsIT {
    private static final Duration SLOW = Duration.ofSeconds(60);
    private static final GuestWorkload WORKLOAD = new GuestWorkload(64, 8, 4, GuestWorkload.Fill.TEXT, 10);

    private static Lab lab;

    @BeforeAll
    static void bringALabUp() {
        lab = Lab.up(LabSettings.standard("itplant").withHosts(2));
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @Test
    void aCorruptedPageIsCaughtByVerifyAndByTheGuestsOwnCheck() {
        try (TestGuest guest = TestGuest.boot(lab, lab.guest("spoiled", 1, 256, WORKLOAD), 1)) {
            replaceAgent(2, FaultyAgent.Fault.PAGE_CORRUPTED);
            // Slow enough for the agent to find the page before the memories are compared.
            Command.Result verified = guest.migrate(1, 2, "--verify", "--bandwidth", "50Mbit/s");
            assertThat(verified.succeeded()).isFalse();
            assertThat(verified.stdout()).contains("FAILED").contains("memory of the two hosts differs");
            guest.assertRunsOnlyOn(1);
            guest.assertMemoryTrue();

            guest.move(1, 2);
            assertThat(guest.services().checkMemory().wrong()).isPositive();
        } finally {
            restoreAgent(2);
        }
    }

    @Test
    void aSecondOwnerIsCaughtByTheCountOfRunningCopies() {
        // Without a disk: QEMU's own lock on the image would keep the second copy from running.
        GuestFile guest = lab.guest("twice", 2, 256, WORKLOAD).withDisk(null);
        replaceAgent(1, FaultyAgent.Fault.SOURCE_RESUMES_AFTER_THE_MOVE);
        try {
            lab.host(1).cli("create", lab.write(guest).toString()).orThrow();
            await().atMost(SLOW)
                    .until(() -> lab.services(guest)
                            .status()
                            .filter(status -> status.memoryPages() > 0)
                            .isPresent());
            assertThat(RunningCopies.of(lab, guest.name())).containsExactly("h1");
            lab.host(1).cli("migrate", guest.name(), "h2", "--json");
            await().atMost(SLOW).until(() -> RunningCopies.of(lab, guest.name()).equals(List.of("h1", "h2")));
        } finally {
            lab.host(1)
                    .guestProcesses()
                    .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            restoreAgent(1);
            lab.host(2).cli("destroy", guest.name());
        }
    }

    private static void replaceAgent(int host, FaultyAgent.Fault fault) {
        lab.host(host).killAgent();
        FaultyAgent.launch(lab.host(host), fault);
        lab.host(host).awaitAgent(SLOW);
    }

    private static void restoreAgent(int host) {
        lab.host(host).killAgent();
        lab.host(host).startAgent();
    }
}
