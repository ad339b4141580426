package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.RecordChecker;
import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.probe.Acknowledgement;
import io.godwit.chaos.probe.AcknowledgementProbe;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestStatus;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Hosts die, agents freeze, and what they ran runs elsewhere: once, with every record that was acknowledged.
/// Images are in a plain shared directory, so each takeover waits until nothing of the guest can be left on its old
/// host.
final class FailoverIT {
    /// What is promised is less, and printed; the machine is shared with others.
    private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(60);

    private static final Duration BOOT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration GIVE_UP_TIMEOUT = Duration.ofSeconds(60);

    /// Longer than a session lives, is waited for, and a start is asked for.
    private static final Duration NOBODY_COMES = Duration.ofSeconds(14);

    private static final GuestWorkload WORK = new GuestWorkload(16, 4, 1, GuestWorkload.Fill.TEXT, 20);

    /// Of /proc/PID/stat, counted from behind the name.
    private static final int STATE_FIELD = 0;

    private static final int START_FIELD = 19;
    private static final long TICKS_PER_SECOND = 100;

    private static Lab lab;

    @BeforeAll
    static void bringUpALab() {
        lab = Lab.up(LabSettings.standard("itfailover"));
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @AfterEach
    void everyHostIsBack() {
        for (LabHost host : lab.hosts()) {
            host.signalAgent(LinuxProcess.Signal.CONT);
            if (!host.agentAlive()) {
                host.regainPower();
                host.startAgent();
            }
        }
        lab.host(1).cli("failover", "on").orThrow();
        await("all hosts alive and enforcing").atMost(Duration.ofSeconds(30)).until(() -> {
            String status = lab.host(1).get("/v1/failover").toString();
            return !status.contains("\"alive\":false") && !status.contains("\"leaseTakeoverWaitMs\":0");
        });
    }

    @Test
    void aGuestOfAHostThatLostItsPowerAnswersElsewhereWithAllItsRecords() throws Exception {
        GuestFile file = lab.guest("power", 1, 128, WORK);
        GuestStatus before = boot(file, 1);
        long epoch = view(file).path("epoch").asLong(0);
        List<Acknowledgement> acknowledged = new ArrayList<>();
        PingProbe ping = PingProbe.start(lab.network().client(), file.address());
        try (AcknowledgementProbe records =
                AcknowledgementProbe.start(lab.network().client(), file.address())) {
            await().atMost(BOOT_TIMEOUT).until(() -> records.acknowledged().size() > 20);
            lab.host(1).losePower();
            acknowledged.addAll(records.acknowledged());
        }
        awaitBootedAnew(file, before);
        System.out.printf(
                "%nHost without power: ping to the guest was silent for %.1f s, its boot included"
                        + " (Proxmox takes 120 to 181 s, sanlock 140 to 210 s)%n",
                ping.stop().longestSilenceMs() / 1_000);
        assertThat(RunningCopies.of(lab, file.name())).singleElement().isIn("h2", "h3");
        assertRecords(file, acknowledged);
        assertThat(view(file).path("failover").asString("?")).isEmpty();
        assertThat(view(file).path("epoch").asLong(0)).isEqualTo(epoch + 1);
        lab.host(2).cli("destroy", file.name()).orThrow();
    }

    @Test
    void theCopyOfAFrozenAgentHasStoppedBeforeTheNewOneStarts() throws Exception {
        GuestFile file = lab.guest("frozen", 2, 128, WORK);
        GuestStatus before = boot(file, 2);
        long old = lab.host(2).guestProcesses().getFirst();
        List<Acknowledgement> acknowledged = new ArrayList<>();
        long stoppedAtMs = 0;
        OptionalLong startedAtMs = OptionalLong.empty();
        try (AcknowledgementProbe records =
                AcknowledgementProbe.start(lab.network().client(), file.address())) {
            await().atMost(BOOT_TIMEOUT).until(() -> records.acknowledged().size() > 20);
            lab.host(2).signalAgent(LinuxProcess.Signal.STOP);
            long deadline = System.nanoTime() + FAILOVER_TIMEOUT.toNanos();
            while (startedAtMs.isEmpty() && System.nanoTime() < deadline) {
                if (stoppedAtMs == 0 && !executes(old)) {
                    stoppedAtMs = uptimeMs();
                }
                startedAtMs = startElsewhere(2);
                TimeUnit.MILLISECONDS.sleep(10);
            }
            acknowledged.addAll(records.acknowledged());
        }
        assertThat(startedAtMs).as("start of the new copy").isPresent();
        assertThat(stoppedAtMs).as("stop of the old copy").isPositive();
        long marginMs = startedAtMs.getAsLong() - stoppedAtMs;
        System.out.printf("%nFrozen agent: the old copy had stopped %d ms before the new one started%n", marginMs);
        assertThat(marginMs).isPositive();
        awaitBootedAnew(file, before);
        lab.host(2).signalAgent(LinuxProcess.Signal.CONT);
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        lab.host(2).guestProcesses().isEmpty() && lab.host(2).agentAnswers());
        assertThat(RunningCopies.of(lab, file.name())).singleElement().isIn("h1", "h3");
        assertRecords(file, acknowledged);
        lab.host(1).cli("destroy", file.name()).orThrow();
    }

    @Test
    @Thorough
    void whileFailoverIsOffNobodyTakesOver() throws Exception {
        GuestFile file = lab.guest("off", 3, 128, WORK).withExtraLines("on_crash = \"restart\"");
        GuestStatus before = boot(file, 3);
        lab.host(1).cli("failover", "off").orThrow();
        lab.host(3).losePower();
        await().during(NOBODY_COMES)
                .atMost(NOBODY_COMES.plusSeconds(5))
                .until(() -> lab.hosts().stream()
                        .allMatch(host -> host.guestProcesses().isEmpty()));
        assertThat(view(file).path("host").asString("")).isEqualTo("h3");
        lab.host(3).regainPower();
        lab.host(3).startAgent();
        awaitBootedAnew(file, before);
        assertThat(RunningCopies.of(lab, file.name())).containsExactly("h3");
        lab.host(3).cli("destroy", file.name()).orThrow();
    }

    @Test
    @Thorough
    void whereNoHostHasRoomItWaitsForRoomAndTheListSaysWhy() throws Exception {
        GuestWorkload idle = new GuestWorkload(0, 0, 0, GuestWorkload.Fill.ZERO, 0);
        GuestFile file = lab.guest("big", 4, 1_200, idle);
        lab.host(1).cli("create", lab.write(file).toString(), "--paused").orThrow();
        for (int number = 2; number <= 3; number++) {
            GuestFile other = lab.guest("other" + number, 4 + number, 1_200, idle);
            lab.host(number)
                    .cli("create", lab.write(other).toString(), "--paused")
                    .orThrow();
        }
        lab.host(1).losePower();
        await().atMost(GIVE_UP_TIMEOUT)
                .until(() -> lab.host(2).cli("list").orThrow().stdout().contains("waiting: no host has room"));
        assertThat(lab.host(2).cli("list").stdout())
                .contains("no host has room: h1 does not answer, h2 has 848 MiB free of the 1200 MiB that are needed");
        assertThat(lab.hosts().getFirst().guestProcesses()).isEmpty();
        lab.host(2).cli("destroy", "other2").orThrow();
        await().atMost(FAILOVER_TIMEOUT)
                .until(() -> lab.host(2).guestProcesses().size() == 1);
        lab.host(1).regainPower();
        lab.host(1).startAgent();
        for (String guest : List.of("big", "other3")) {
            lab.host(1).cli("destroy", guest).orThrow();
        }
    }

    private static GuestStatus boot(GuestFile file, int host) {
        lab.host(host).cli("create", lab.write(file).toString()).orThrow();
        GuestServices services = lab.services(file);
        await("boot of " + file.name())
                .atMost(BOOT_TIMEOUT)
                .until(() -> services.status()
                        .filter(status -> status.memoryPages() > 0)
                        .isPresent());
        return services.status().orElseThrow();
    }

    private static void awaitBootedAnew(GuestFile file, GuestStatus before) {
        await("second boot of " + file.name())
                .atMost(FAILOVER_TIMEOUT)
                .until(() -> lab.services(file)
                        .status()
                        .filter(status -> !status.bootId().equals(before.bootId()))
                        .isPresent());
    }

    /// The new copy's writer goes on behind the last record, so all of them are one series.
    private static void assertRecords(GuestFile file, List<Acknowledgement> acknowledged) throws IOException {
        try (AcknowledgementProbe records =
                AcknowledgementProbe.start(lab.network().client(), file.address())) {
            await().atMost(BOOT_TIMEOUT).until(() -> records.acknowledged().size() > 5);
            List<Acknowledgement> all = new ArrayList<>(acknowledged);
            records.acknowledged().stream()
                    .filter(one -> one.number() > acknowledged.getLast().number())
                    .forEach(all::add);
            assertThat(RecordChecker.check(file.image(), all)).isEmpty();
        }
    }

    private static JsonNode view(GuestFile file) {
        for (JsonNode view : lab.host(2).get("/v1/guests")) {
            if (view.path("name").asString("").equals(file.name())) {
                return view;
            }
        }
        throw new AssertionError("There is no guest " + file.name());
    }

    private static OptionalLong startElsewhere(int number) {
        return lab.hosts().stream()
                .filter(host -> host.number() != number)
                .flatMap(host -> host.guestProcesses().stream())
                .map(FailoverIT::stat)
                .filter(fields -> !fields.isEmpty())
                .mapToLong(fields -> Long.parseLong(fields.get(START_FIELD)) * 1_000 / TICKS_PER_SECOND)
                .findFirst();
    }

    private static boolean executes(long pid) {
        List<String> fields = stat(pid);
        return !fields.isEmpty() && !List.of("T", "t", "Z", "X").contains(fields.get(STATE_FIELD));
    }

    /// Empty if there is no such process any more.
    private static List<String> stat(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return List.of(stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long uptimeMs() throws IOException {
        String[] words = Files.readString(Path.of("/proc/uptime")).split(" ", -1);
        return (long) (Double.parseDouble(words[0]) * 1_000);
    }
}
