package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.RecordChecker;
import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.probe.Acknowledgement;
import io.godwit.chaos.probe.AcknowledgementProbe;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestStatus;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.shim.linux.LinuxProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Guests whose images are served by the third host, over NBD with TLS.
final class ImageServerIT {
    private static final int SERVER = 3;
    private static final Duration LONG = Duration.ofSeconds(30);

    private static Lab lab;
    private TestGuest guest;

    @BeforeAll
    static void bringALabUp() {
        lab = Lab.up(LabSettings.standard("itimages").withImageServer(SERVER));
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @BeforeEach
    void boot() {
        guest = TestGuest.boot(lab, lab.guest("web1", 1, 256, GuestWorkload.LIGHT), 1);
    }

    @AfterEach
    void destroy() {
        guest.close();
    }

    @Test
    void movesKeepEveryRecordAndOnlyTheServerEverOpensTheImage() throws Exception {
        guest.assertDiskTrue();
        guest.move(1, 2);
        guest.assertTrue();
        guest.move(2, 1);
        guest.move(1, SERVER);
        guest.move(SERVER, 2);
        guest.assertTrue();
        guest.assertRunsOnlyOn(2);
        assertThat(guest.writersSeen())
                .as("processes that had the image open for writing")
                .isEqualTo(1);
    }

    @Test
    @Thorough
    void aDaemonThatIsKilledIsReplacedAndTheGuestHardlyNotices() throws Exception {
        kill(lab.host(SERVER).storageProcesses().getFirst());
        await().atMost(LONG).until(() -> lab.host(SERVER).storageProcesses().size() == 1);
        guest.assertTrue();
        guest.move(1, 2);
        guest.assertTrue();
    }

    @Test
    @Thorough
    void whileTheServersAgentIsAwayGuestsRunAndNoneIsCreatedOrMoved() throws Exception {
        lab.host(SERVER).killAgent();
        try {
            guest.assertTrue();
            assertThat(guest.migrate(1, 2).stdout()).contains("Image server h3 does not answer");
            GuestFile other = lab.guest("web2", 2, 64, GuestWorkload.LIGHT);
            Command.Result refused = lab.host(1).cli("create", lab.write(other).toString());
            assertThat(refused.exitCode()).isNotZero();
            assertThat(refused.stderr()).contains("Image server h3 does not answer");
        } finally {
            lab.host(SERVER).startAgent();
        }
        guest.move(1, 2);
        guest.assertTrue();
    }

    /// Its images refuse the dead host, so nobody waits until that host's guard has killed what it had.
    @Test
    void aGuestOfAHostThatLostItsPowerIsBackWithAllItsRecords() throws Exception {
        GuestServices services = guest.services();
        GuestStatus before = services.status().orElseThrow();
        PingProbe ping = PingProbe.start(lab.network().client(), guest.file().address());
        // A silence begins with an answer.
        guest.assertWorks();
        lab.host(1).losePower();
        List<Acknowledgement> acknowledged = guest.acknowledged();
        try {
            await("second boot of " + guest.name())
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> services.status()
                            .filter(status -> !status.bootId().equals(before.bootId()))
                            .isPresent());
            // A silence is over only once a ping has been answered again.
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
        } finally {
            System.out.printf(
                    "%nHost without power, images on a server: ping to the guest was silent for %.1f s, its boot"
                            + " included (Proxmox takes 120 to 181 s, sanlock 140 to 210 s)%n",
                    ping.stop().longestSilenceMs() / 1_000);
            lab.host(1).regainPower();
            lab.host(1).startAgent();
        }
        assertThat(RunningCopies.of(lab, guest.name())).singleElement().isIn("h2", "h3");
        assertThat(acknowledged).isNotEmpty();
        try (AcknowledgementProbe after =
                AcknowledgementProbe.start(lab.network().client(), guest.file().address())) {
            await().atMost(LONG).until(() -> after.acknowledged().size() > 5);
            List<Acknowledgement> all = new ArrayList<>(acknowledged);
            after.acknowledged().stream()
                    .filter(one -> one.number() > acknowledged.getLast().number())
                    .forEach(all::add);
            assertThat(RecordChecker.check(guest.file().image(), all)).isEmpty();
        }
    }

    private static void kill(long pid) throws Exception {
        LinuxProcess process = LinuxProcess.find(pid).orElseThrow();
        process.signal(LinuxProcess.Signal.KILL);
        assertThat(process.awaitExit(LONG)).isTrue();
    }
}
