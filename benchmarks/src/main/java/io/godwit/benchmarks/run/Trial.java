package io.godwit.benchmarks.run;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.measure.EchoProbe;
import io.godwit.benchmarks.measure.EchoSeen;
import io.godwit.benchmarks.measure.HostMeter;
import io.godwit.benchmarks.measure.HostUse;
import io.godwit.benchmarks.measure.PingWaits;
import io.godwit.benchmarks.measure.PresentMemory;
import io.godwit.benchmarks.measure.WireCounter;
import io.godwit.benchmarks.measure.WorkMeter;
import io.godwit.benchmarks.subject.GodwitSubject;
import io.godwit.benchmarks.subject.Move;
import io.godwit.benchmarks.subject.Subject;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.probe.ClockPair;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.probe.PingSeries;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestStatus;
import io.godwit.chaos.workload.MemoryVerdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// One guest's life: boot, work, one move under watch, its own check of its memory. Whoever moves it is watched in the
/// same way.
final class Trial {
    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(3);
    /// The guest's pace before the move is taken over this time.
    private static final long BEFORE_MS = 1_500;
    /// A silence that begins with the move's end still belongs to it.
    private static final long AFTER_MS = 1_000;
    /// What a move touches for the first time beside the guest's RAM at the target: what the source holds of the pages
    /// it sent, most of all.
    private static final int PRESENT_BESIDE_MIB = 128;
    /// There and back. The first ones are the slowest by far; an agent's compilers never fall quite silent.
    private static final int REHEARSALS_MAX = 8;

    private final Lab lab;
    private final GuestFile guest;
    private final GuestServices services;
    private final Plan plan;

    Trial(Lab lab, GuestFile guest, Plan plan) {
        this.lab = lab;
        this.guest = guest;
        this.services = lab.services(guest);
        this.plan = plan;
    }

    /// What the watch has seen.
    private record Watched(
            Move move,
            long wireBytes,
            HostUse use,
            EchoSeen echo,
            PingLog ping,
            PingWaits pingWaits,
            double workBefore,
            double workDuring) {}

    /// Leaves the guest where it is.
    Run run(Cell cell, Configuration configuration, int number, Subject subject) throws InterruptedException {
        subject.boot();
        GuestStatus before = awaitBoot();
        Watched seen = watch(configuration, subject);
        return new Run(
                cell,
                configuration.name(),
                number,
                seen.move(),
                seen.wireBytes(),
                seen.echo(),
                seen.ping(),
                seen.pingWaits(),
                seen.workBefore(),
                seen.workDuring(),
                seen.use(),
                faults(before));
    }

    /// Moves that nobody watches. What is wrong afterwards, as sentences.
    List<String> rehearse(GodwitSubject subject) throws InterruptedException {
        GuestStatus before = awaitBoot();
        subject.rehearse(Math.min(REHEARSALS_MAX, plan.runs() + 1), plan.downtimeMs(), plan.timeoutS());
        return faults(before);
    }

    /// Until its memory is filled and its workload runs.
    GuestStatus awaitBoot() throws InterruptedException {
        long deadline = System.nanoTime() + BOOT_TIMEOUT.toNanos();
        while (true) {
            Optional<GuestStatus> status = services.status().filter(now -> now.memoryPages() > 0);
            if (status.isPresent()) {
                return status.get();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("Guest did not come up within " + BOOT_TIMEOUT.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private Watched watch(Configuration configuration, Subject subject) throws InterruptedException {
        Namespace client = lab.network().client();
        List<LabHost> hosts = lab.hosts();
        WireCounter wire = new WireCounter(
                hosts.stream().map(LabHost::agentPid).toList(), lab.settings().migrationNetwork() ? "mig0" : "up0");
        Duration atMost = Duration.ofSeconds(plan.timeoutS() + 120L);
        try (PresentMemory present = PresentMemory.take((long) (plan.memoryMiB() + PRESENT_BESIDE_MIB) << 20);
                EchoProbe echo = EchoProbe.start(client, guest.address(), atMost);
                WorkMeter work = WorkMeter.start(client, guest.address());
                PingProbe ping = PingProbe.start(client, guest.address());
                HostMeter meter = meter(configuration, hosts)) {
            TimeUnit.MILLISECONDS.sleep(BEFORE_MS);
            present.release();
            meter.begin();
            long wireBefore = wire.bytesSent();
            ClockPair clocks = ClockPair.read();
            long startNs = System.nanoTime();
            Move move = subject.move(plan.downtimeMs(), plan.timeoutS());
            long wireBytes = wire.bytesSent() - wireBefore;
            HostUse use = meter.stop();
            TimeUnit.MILLISECONDS.sleep(AFTER_MS);
            long beforeNs = startNs - TimeUnit.MILLISECONDS.toNanos(BEFORE_MS);
            long afterNs = move.endNs() + TimeUnit.MILLISECONDS.toNanos(AFTER_MS);
            EchoSeen echoes = echo.stop(startNs, afterNs);
            // Only now: late answers to pings were waited for as long as those to echoes. How long that was is no
            // reason for more pings of a quiet time to count.
            String pings = ping.end();
            PingSeries series = PingSeries.parse(pings, clocks);
            return new Watched(
                    move,
                    wireBytes,
                    use,
                    echoes,
                    PingLog.parse(pings),
                    PingWaits.of(series, echoes, beforeNs, startNs, afterNs),
                    work.pagesPerSecond(beforeNs, startNs),
                    work.pagesPerSecond(startNs, move.endNs()));
        }
    }

    private static HostMeter meter(Configuration configuration, List<LabHost> hosts) {
        return switch (configuration) {
            case Configuration.Godwit _ -> HostMeter.ofAll(hosts);
            case Configuration.Qemu _ -> HostMeter.ofGuests(hosts);
        };
    }

    /// Empty if the guest is the same one, works, and finds its memory as it wrote it.
    private List<String> faults(GuestStatus before) throws InterruptedException {
        List<String> faults = new ArrayList<>();
        Optional<GuestStatus> now = services.status();
        for (int attempt = 0; attempt < 5 && now.isEmpty(); attempt++) {
            TimeUnit.MILLISECONDS.sleep(200);
            now = services.status();
        }
        if (now.isEmpty()) {
            return List.of("The guest does not answer any more");
        }
        if (!now.get().bootId().equals(before.bootId())) {
            faults.add("The guest has booted anew");
        }
        MemoryVerdict memory = services.checkMemory();
        if (memory.wrong() > 0 || memory.pages() != before.memoryPages()) {
            faults.add("The guest found " + memory.wrong() + " of its " + memory.pages() + " pages wrong");
        }
        return faults;
    }
}
