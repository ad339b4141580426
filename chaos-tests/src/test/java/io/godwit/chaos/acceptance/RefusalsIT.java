package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// It says no, clearly, before anything is touched: after each refusal the guest works where it was, and nothing
/// has come to be on any other host.
@Thorough
final class RefusalsIT {
    private static final Duration SLOW = Duration.ofSeconds(30);

    private static Lab lab;
    private static TestGuest guest;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itno"));
        guest = TestGuest.boot(lab, lab.guest("web1", 1, 256, GuestWorkload.LIGHT), 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @AfterEach
    void theGuestWorksWhereItWas() throws IOException {
        guest.assertRunsOnlyOn(1);
        guest.assertTrue();
    }

    @Test
    void toAnUnknownHost() {
        Command.Result result = lab.host(1).cli("migrate", guest.name(), "nowhere");
        refused(result, "nowhere");
        assertThat(result.stderr() + result.stdout()).contains("h1").contains("h2");
    }

    @Test
    void toAHostWithoutRoomOrBridgeOrImageAndNamesAllBlockersAtOnce() {
        lab.host(2).killAgent();
        lab.host(2).configure("  memory:", "  memory: 128MiB");
        lab.host(2).configure("bridge:", "bridge: br7");
        lab.host(2).configure("  - " + lab.images(), "  - " + lab.images() + "/none");
        lab.host(2).startAgent();
        try {
            Command.Result dryRun = guest.migrate(1, 2, "--dry-run");
            assertThat(dryRun.succeeded()).isFalse();
            JsonNode blockers = JsonMapper.shared().readTree(dryRun.stdout()).path("blockers");
            assertThat(blockers.size()).as("%s", blockers).isGreaterThanOrEqualTo(3);
            String text = blockers.toString();
            assertThat(text).contains("br7").containsIgnoringCase("memory").contains("web1.img");
            refused(guest.migrate(1, 2), "br7");
        } finally {
            lab.host(2).killAgent();
            lab.host(2).writeConfiguration();
            lab.host(2).startAgent();
        }
    }

    @Test
    void aGuestWhoseMachineTypeOrProcessorTheTargetDoesNotHave() {
        lab.host(2).killAgent();
        FaultyAgent.launch(lab.host(2), FaultyAgent.Fault.OTHER_MACHINE);
        lab.host(2).awaitAgent(SLOW);
        try {
            Command.Result dryRun = guest.migrate(1, 2, "--dry-run");
            assertThat(dryRun.succeeded()).isFalse();
            String text = JsonMapper.shared()
                    .readTree(dryRun.stdout())
                    .path("blockers")
                    .toString();
            assertThat(text).containsIgnoringCase("machine type").containsIgnoringCase("CPU model");
            refused(guest.migrate(1, 2), "CPU model");
        } finally {
            lab.host(2).killAgent();
            lab.host(2).startAgent();
        }
    }

    @Test
    void aGuestThatIsMigratingAlready() {
        Underway first = Underway.start(lab, guest, 1, 2, 1 << 20);
        try {
            first.awaitRounds();
            Command.Result second = guest.migrate(1, 3);
            refused(second, "migrat");
        } finally {
            first.cancel();
            first.awaitReport(SLOW);
        }
    }

    @Test
    void butOnlyWarnsOfAddressesThatAnotherMachineAnswersFor() throws IOException {
        GuestFile file = lab.guest("web2", 2, 64, GuestWorkload.LIGHT);
        Path path = lab.write(file);
        String clients =
                Files.readString(path).replace(file.address6(), "fd77::3").replace(file.address(), "10.77.0.3");
        Files.writeString(path, clients);
        Command.Result result = lab.host(2).cli("create", path.toString(), "--dry-run");
        assertThat(result.succeeded()).as(result.stderr()).isTrue();
        assertThat(result.stderr())
                .contains("10.77.0.3 of guest web2 is answered")
                .contains("fd77:0:0:0:0:0:0:3 of guest web2");
    }

    @Test
    void whileZooKeeperIsDown() {
        // Else the guest would stop: its host could not know that nobody has taken it over.
        lab.host(1).cli("failover", "off").orThrow();
        lab.zookeeper().kill();
        try {
            await().atMost(SLOW).untilAsserted(() -> refused(guest.migrate(1, 2), "ZooKeeper"));
            guest.assertWorks();
        } finally {
            lab.zookeeper().start(SLOW);
        }
        // It is not enough that it serves: the agents must have found it again for the tests that follow.
        await().atMost(SLOW)
                .until(() -> guest.migrate(1, 2, "--dry-run").succeeded()
                        && guest.migrate(1, 3, "--dry-run").succeeded());
        lab.host(1).cli("failover", "on").orThrow();
    }

    @Test
    void toAHostWithAnotherHostsCertificate() throws IOException {
        Path certificates = lab.host(1).folder().resolveSibling("certs");
        Path own = certificates.resolve("h2.crt");
        Path key = certificates.resolve("h2.key");
        Files.copy(own, certificates.resolve("h2.crt.kept"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(key, certificates.resolve("h2.key.kept"), StandardCopyOption.REPLACE_EXISTING);
        lab.host(2).killAgent();
        Files.copy(certificates.resolve("h3.crt"), own, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(certificates.resolve("h3.key"), key, StandardCopyOption.REPLACE_EXISTING);
        try {
            // An agent may refuse to start with a certificate that is not its own, which is as good.
            lab.host(2).launchAgent();
            await().atMost(SLOW)
                    .until(() -> !lab.host(2).agentAlive() || lab.host(2).agentAnswers());
            if (lab.host(2).agentAlive()) {
                refused(guest.migrate(1, 2), "ertificate");
            } else {
                assertThat(lab.host(2).agentLog()).containsIgnoringCase("certificate");
            }
        } finally {
            lab.host(2).killAgent();
            Files.move(certificates.resolve("h2.crt.kept"), own, StandardCopyOption.REPLACE_EXISTING);
            Files.move(certificates.resolve("h2.key.kept"), key, StandardCopyOption.REPLACE_EXISTING);
            lab.host(2).startAgent();
        }
    }

    private static void refused(Command.Result result, String reason) {
        assertThat(result.succeeded()).isFalse();
        assertThat(result.stdout() + result.stderr()).contains(reason);
    }
}
