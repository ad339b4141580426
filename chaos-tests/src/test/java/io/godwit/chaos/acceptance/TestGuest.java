package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.ImageWatch;
import io.godwit.chaos.checker.ImageWriters;
import io.godwit.chaos.checker.RecordChecker;
import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.probe.Acknowledgement;
import io.godwit.chaos.probe.AcknowledgementProbe;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestStatus;
import io.godwit.chaos.workload.MemoryVerdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A guest under test, with everything that watches it: its disk writer's acknowledgements and the writers of its
/// image, from its boot to its end.
final class TestGuest implements AutoCloseable {
    /// Wide: the machine is shared with others, and how short a switchover is on an idle one is measured elsewhere.
    static final String DOWNTIME_BUDGET_MS = "800";

    private static final Duration BOOT_TIMEOUT = Duration.ofSeconds(60);
    /// What the promise allows for a guest to run on one host again after a fault was noticed.
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);

    private final Lab lab;
    private final GuestFile file;
    private final GuestServices services;
    private final AcknowledgementProbe records;
    private final ImageWatch image;
    private final String bootId;

    private TestGuest(Lab lab, GuestFile file) throws IOException {
        this.lab = lab;
        this.file = file;
        this.services = lab.services(file);
        await("boot of " + file.name())
                .atMost(BOOT_TIMEOUT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> services.status()
                        .filter(status -> status.memoryPages() > 0)
                        .isPresent());
        this.bootId = services.status().orElseThrow().bootId();
        this.records = AcknowledgementProbe.start(lab.network().client(), file.address());
        long inode = ImageWriters.inode(file.image());
        ImageWriters writers = new ImageWriters();
        this.image = new ImageWatch(() -> writers.of(inode, lab.imageProcesses()));
    }

    /// Creates it and waits until its workload runs.
    static TestGuest boot(Lab lab, GuestFile file, int host) {
        lab.host(host).cli("create", lab.write(file).toString()).orThrow();
        try {
            return new TestGuest(lab, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return file.name();
    }

    GuestFile file() {
        return file;
    }

    GuestServices services() {
        return services;
    }

    /// Moves it with the command line, and returns the report; the move must complete.
    JsonNode move(int source, int target, String... options) {
        Command.Result result = migrate(source, target, options);
        assertThat(result.exitCode())
                .as("godwit migrate: %s%s%n%s", result.stdout(), result.stderr(), lab.logs())
                .isZero();
        JsonNode report = JsonMapper.shared().readTree(result.stdout());
        assertThat(report.path("result").asString("")).isEqualTo("COMPLETED");
        return report;
    }

    Command.Result migrate(int source, int target, String... options) {
        List<String> arguments = new ArrayList<>(List.of("migrate", name(), "h" + target, "--json"));
        arguments.addAll(List.of(options));
        if (!arguments.contains("--downtime-ms")) {
            arguments.addAll(List.of("--downtime-ms", DOWNTIME_BUDGET_MS));
        }
        return lab.host(source).cli(arguments.toArray(String[]::new));
    }

    /// The guest answers, has not been booted anew, and gets on with its work.
    void assertWorks() {
        GuestStatus before = await("answer of " + name())
                .atMost(SETTLE_TIMEOUT)
                .until(services::status, Optional::isPresent)
                .orElseThrow();
        assertThat(before.bootId()).isEqualTo(bootId);
        await("work of " + name())
                .atMost(SETTLE_TIMEOUT)
                .until(() -> services.status()
                        .filter(now -> now.ticks() > before.ticks() + 5)
                        .isPresent());
    }

    /// Every byte the guest wrote to memory is what it wrote.
    void assertMemoryTrue() {
        MemoryVerdict verdict = services.checkMemory();
        assertThat(verdict.pages()).isPositive();
        assertThat(verdict.wrong()).as("pages found wrong by the guest").isZero();
    }

    /// Every acknowledged record is on the image once and in order, and no two hosts ever wrote to it at once.
    void assertDiskTrue() throws IOException {
        int before = records.acknowledged().size();
        await("records of " + name())
                .atMost(Duration.ofSeconds(10))
                .until(() -> records.acknowledged().size() > before);
        assertThat(RecordChecker.check(file.image(), records.acknowledged())).isEmpty();
        assertThat(image.violations()).isEmpty();
        assertThat(image.everyone()).as("writers the watch has seen").isNotEmpty();
        assertThat(services.status().orElseThrow().diskFailures()).isZero();
    }

    /// It runs on this host within 5 s, on no other, and nothing of it is left on any other.
    void assertRunsOnlyOn(int number) {
        assertThat(RunningCopies.of(lab, name())).containsExactly("h" + number);
        await("only copy of " + name() + " on h" + number)
                .atMost(SETTLE_TIMEOUT)
                .untilAsserted(() -> {
                    for (LabHost host : lab.hosts()) {
                        int copies = host.number() == number ? 1 : 0;
                        assertThat(host.guestProcesses())
                                .as("QEMU on %s", host.name())
                                .hasSize(copies);
                        assertThat(host.namespace().taps())
                                .as("taps on %s", host.name())
                                .hasSize(copies);
                    }
                });
        assertWorks();
    }

    /// Memory and disk.
    void assertTrue() throws IOException {
        assertMemoryTrue();
        assertDiskTrue();
    }

    /// What the guest has been told is on its disk, so far.
    List<Acknowledgement> acknowledged() {
        return List.copyOf(records.acknowledged());
    }

    /// How many processes have written the image so far.
    int writersSeen() {
        return image.everyone().size();
    }

    /// Destroys it, wherever it is, if it is still anywhere.
    @Override
    public void close() {
        records.close();
        image.close();
        Command.Result result = lab.host(1).cli("destroy", name());
        if (!result.stderr().contains("There is no such guest")) {
            result.orThrow();
        }
    }
}
