package io.godwit.chaos.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.godwit.chaos.checker.RecordChecker;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.probe.AcknowledgementProbe;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.chaos.workload.MemoryVerdict;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// Boots a guest, moves it there and back, and watches it from outside all the while.
final class Demo {
    static final int GUEST_MIB = 512;
    /// Three times the agents' default: both hosts, their guests and the tests' probes share this one machine, and
    /// the demonstration shows what a switchover costs rather than whether it is refused.
    private static final String DOWNTIME_BUDGET_MS = "300";

    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(2);
    private static final long MOVE_TIMEOUT_MS = 300_000;
    /// Pings before and after a move: the silence of a switchover that is felt late belongs to it.
    private static final long PING_MARGIN_MS = 1000;

    private final Lab lab;
    private final PrintStream out;
    private final GuestFile guest;
    private final GuestServices services;
    private final List<String> failures = new ArrayList<>();

    /// @param out what a person reads
    Demo(Lab lab, PrintStream out) {
        this.lab = lab;
        this.out = out;
        this.guest = lab.guest("web1", 1, GUEST_MIB, GuestWorkload.STANDARD);
        this.services = lab.services(guest);
    }

    /// What went wrong so far, as sentences.
    List<String> failures() {
        return List.copyOf(failures);
    }

    List<DemoMove> run(int moves) throws IOException, InterruptedException {
        boot();
        List<DemoMove> done = new ArrayList<>();
        try (AcknowledgementProbe records =
                AcknowledgementProbe.start(lab.network().client(), guest.address())) {
            for (int number = 1; number <= moves && failures.isEmpty(); number++) {
                LabHost source = lab.host(number % 2 == 1 ? 1 : 2);
                LabHost target = lab.host(number % 2 == 1 ? 2 : 1);
                done.add(move(number, source, target));
            }
            checkGuest(records);
        }
        return done;
    }

    private void boot() throws InterruptedException {
        Path file = lab.write(guest);
        say("Booting guest web1 on h1: " + GUEST_MIB + " MiB, of which " + GuestWorkload.STANDARD.bufferMiB()
                + " are filled and " + GuestWorkload.STANDARD.rateMiBPerSecond()
                + " MiB/s written again, with a disk writer beside it");
        lab.host(1).cli("create", file.toString()).orThrow();
        long deadline = System.nanoTime() + BOOT_TIMEOUT.toNanos();
        while (services.status().filter(status -> status.memoryPages() > 0).isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new LabException("Guest did not come up within " + BOOT_TIMEOUT.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private DemoMove move(int number, LabHost source, LabHost target) throws IOException, InterruptedException {
        say("\nMove " + number + ": " + source.name() + " to " + target.name() + ", pinged every 10 ms");
        PingLog pings;
        int exitCode;
        try (PingProbe probe = PingProbe.start(lab.network().client(), guest.address())) {
            TimeUnit.MILLISECONDS.sleep(PING_MARGIN_MS);
            exitCode = migrate(source, target);
            TimeUnit.MILLISECONDS.sleep(PING_MARGIN_MS);
            pings = probe.stop();
        }
        JsonNode report =
                source.get("/v1/guests/" + guest.name() + "/migration").path("report");
        DemoMove move = DemoMove.of(number, report, pings);
        if (exitCode != 0 || !move.completed()) {
            failures.add("Move " + number + " ended with status " + exitCode + ": " + move.reason());
        }
        if (services.status().isEmpty()) {
            failures.add("The guest does not answer after move " + number);
        }
        return move;
    }

    /// With the command line's own progress on the terminal, unless standard output is for JSON.
    private int migrate(LabHost source, LabHost target) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                lab.settings().repository().resolve("godwit").toString(),
                "--agent",
                source.socket().toString(),
                "migrate",
                guest.name(),
                target.name(),
                "--downtime-ms",
                DOWNTIME_BUDGET_MS);
        boolean terminal = out.equals(System.out);
        builder.inheritIO();
        if (!terminal) {
            builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        }
        Process process = builder.start();
        try {
            if (!process.waitFor(MOVE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                throw new LabException("A move did not end within " + MOVE_TIMEOUT_MS + " ms");
            }
            return process.exitValue();
        } finally {
            // It would follow a migration whose lab is gone.
            process.destroyForcibly();
        }
    }

    private void checkGuest(AcknowledgementProbe records) throws IOException {
        MemoryVerdict memory = services.checkMemory();
        if (memory.wrong() > 0) {
            failures.add("The guest found " + memory.wrong() + " of its pages wrong");
        }
        List<String> findings = RecordChecker.check(guest.image(), records.acknowledged());
        failures.addAll(findings);
        say("\nThe guest checked its memory: " + memory.wrong() + " of " + memory.pages() + " pages wrong. Of "
                + records.acknowledged().size() + " acknowledged disk records "
                + (findings.isEmpty() ? "each is there once and in order." : "not all are right: " + findings));
    }

    private void say(String text) {
        out.write((text + "\n").getBytes(UTF_8), 0, (text + "\n").getBytes(UTF_8).length);
        out.flush();
    }

    /// Shuts the guest down as its power button would; what is left goes with the lab.
    void end() {
        Command.Result result = lab.host(1).cli("destroy", guest.name());
        if (!result.succeeded()) {
            failures.add("The guest could not be destroyed: " + result.stderr().strip());
        }
    }
}
