package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The acceptance tests prove something only if they fail when a promise is broken: here agents break them.
final class PlantedFaultsIT {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private Lab lab;
    private TestGuest guest;

    @BeforeEach
    void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itplant").withHosts(2));
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 256, new GuestWorkload(64, 8, 4, GuestWorkload.Fill.TEXT, 10)), 1);
    }

    @AfterEach
    void takeTheLabDown() {
        lab.close();
    }

    @Test
    void aCorruptedPageIsCaughtByTheGuestsOwnCheckAndByVerify() {
        replaceAgent(2, FaultyAgent.Fault.PAGE_CORRUPTED);
        Command.Result verified = guest.migrate(1, 2, "--verify");
        assertThat(verified.succeeded()).isFalse();
        assertThat(verified.stdout()).contains("FAILED").containsIgnoringCase("digest");
        guest.assertRunsOnlyOn(1);
        guest.assertMemoryTrue();

        guest.move(1, 2);
        assertThat(guest.services().checkMemory().wrong()).isPositive();
    }

    @Test
    void aSecondOwnerIsCaughtByTheCountOfRunningCopies() {
        replaceAgent(1, FaultyAgent.Fault.SOURCE_RESUMES_AFTER_THE_MOVE);
        guest.migrate(1, 2);
        await().atMost(Duration.ofSeconds(10)).until(() -> RunningCopies.of(lab, guest.name())
                .equals(List.of("h1", "h2")));
    }

    private void replaceAgent(int host, FaultyAgent.Fault fault) {
        lab.host(host).killAgent();
        FaultyAgent.launch(lab.host(host), fault);
        lab.host(host).awaitAgent(START_TIMEOUT);
    }
}
