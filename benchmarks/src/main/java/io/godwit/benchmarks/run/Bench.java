package io.godwit.benchmarks.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Link;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.qemu.QemuArguments;
import io.godwit.benchmarks.qemu.QemuSubject;
import io.godwit.benchmarks.subject.GodwitSubject;
import io.godwit.benchmarks.subject.Subject;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Carries a plan out. A run that cannot be made is made once more, in a lab brought up anew; a guest that is not as
/// it should be is never excused.
public final class Bench implements AutoCloseable {
    private static final String GUEST = "web1";

    private final Plan plan;
    private final String name;
    private final PrintStream out;
    private final List<Run> runs = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private @Nullable Lab lab;

    /// @param name  the lab's
    /// @param out   what a person reads
    public Bench(Plan plan, String name, PrintStream out) {
        this.plan = plan;
        this.name = name;
        this.out = out;
    }

    /// Measures everything. Leaves nothing behind once it is closed.
    public Results run() throws InterruptedException {
        for (Link link : plan.links()) {
            closeLab();
            for (Cell cell : plan.cells(link)) {
                measure(cell);
            }
        }
        return new Results(runs, failures);
    }

    private void measure(Cell cell) throws InterruptedException {
        say("\n" + cell.title());
        Optional<QemuArguments> arguments = Attempts.twice(() -> rehearse(cell), e -> failed("rehearsal", e));
        if (arguments.isEmpty()) {
            fail(cell, "rehearsal", 0, "failed twice, so nothing of this cell was measured");
            return;
        }
        for (int round = 1; round <= plan.runs(); round++) {
            for (Configuration configuration : plan.order(round)) {
                measure(cell, configuration, round, arguments.get());
            }
        }
    }

    private void measure(Cell cell, Configuration configuration, int number, QemuArguments arguments)
            throws InterruptedException {
        Optional<Run> made = Attempts.twice(
                () -> runOnce(cell, configuration, number, arguments),
                e -> failed(configuration.name() + " " + number, e));
        if (made.isEmpty()) {
            fail(cell, configuration.name(), number, "could not be made, twice");
            return;
        }
        Run run = made.get();
        runs.add(run);
        show(run);
        run.faults().forEach(fault -> fail(cell, configuration.name(), number, fault));
    }

    /// Whatever is left of it goes with the lab.
    private void failed(String what, RuntimeException e) {
        say("  " + what + " could not be made: " + e.getMessage());
        closeLab();
    }

    private Run runOnce(Cell cell, Configuration configuration, int number, QemuArguments arguments)
            throws InterruptedException {
        Lab current = lab(cell.link());
        GuestFile guest = guest(current, cell);
        try (Subject subject = subject(current, guest, configuration, arguments)) {
            return new Trial(current, guest, plan).run(cell, configuration, number, subject);
        }
    }

    private Subject subject(Lab current, GuestFile guest, Configuration configuration, QemuArguments arguments) {
        return switch (configuration) {
            case Configuration.Godwit godwit -> new GodwitSubject(current, guest, godwit, plan.verify());
            case Configuration.Qemu qemu -> new QemuSubject(current, arguments, qemu.mode(), plan.memoryMiB());
        };
    }

    /// The agents make each kind of move some times before it counts, with digests of all RAM compared: a machine
    /// that has just been started computes slowly, and an agent runs for months. The first guest also tells how the
    /// agent starts QEMU.
    private QemuArguments rehearse(Cell cell) throws InterruptedException {
        Lab current = lab(cell.link());
        List<Configuration.Godwit> godwit = plan.godwit();
        QemuArguments arguments = null;
        for (Configuration.Godwit configuration :
                godwit.isEmpty() ? List.of(new Configuration.Godwit("default", Map.of())) : godwit) {
            GuestFile guest = guest(current, cell);
            try (GodwitSubject subject = new GodwitSubject(current, guest, configuration, true)) {
                subject.boot();
                if (arguments == null) {
                    arguments = QemuArguments.read(subject.process());
                }
                if (!godwit.isEmpty()) {
                    new Trial(current, guest, plan)
                            .rehearse(subject)
                            .forEach(fault -> fail(cell, configuration.name(), 0, fault));
                }
            }
        }
        if (arguments == null) {
            throw new IllegalStateException("No guest was started");
        }
        return arguments;
    }

    private GuestFile guest(Lab current, Cell cell) {
        return current.guest(GUEST, 1, plan.memoryMiB(), cell.workload(plan.memoryMiB()));
    }

    private Lab lab(Link link) {
        Lab current = lab;
        if (current == null) {
            say("  Bringing up a lab: two hosts, a client, ZooKeeper; links: " + link.title());
            current = Lab.up(LabSettings.standard(name)
                    .withHosts(2)
                    .withLinkRate(link.rate())
                    .withInsecure(plan.insecure())
                    .asOperatorsHave());
            lab = current;
        }
        return current;
    }

    private void closeLab() {
        Lab current = lab;
        lab = null;
        if (current != null) {
            current.close();
        }
    }

    private void fail(Cell cell, String configuration, int number, String what) {
        String failure = cell.word() + ", " + configuration + ", run " + number + ": " + what;
        failures.add(failure);
        say("  FAILED: " + failure);
    }

    private void show(Run run) {
        say(String.format(
                Locale.ROOT,
                "  %-20s %2d  %s in %6.2f s  %7.1f MB  silence %6.1f ms  lost %d of %d",
                run.configuration(),
                run.number(),
                run.completed() ? "moved" : "GAVE UP",
                run.move().totalMs() / 1e3,
                run.wireBytes() / 1e6,
                run.echo().silenceMs(),
                run.echo().lost(),
                run.echo().sent()));
    }

    private void say(String text) {
        byte[] line = (text + "\n").getBytes(UTF_8);
        out.write(line, 0, line.length);
        out.flush();
    }

    @Override
    public void close() {
        closeLab();
    }
}
