package io.godwit.chaos.run;

import io.godwit.chaos.faults.AgentKeeper;
import io.godwit.chaos.faults.Injector;
import io.godwit.chaos.faults.PlannedFault;
import io.godwit.chaos.faults.Schedule;
import io.godwit.chaos.history.Event;
import io.godwit.chaos.history.History;
import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.observer.ClientWatch;
import io.godwit.chaos.observer.ProcessWatch;
import io.godwit.chaos.verdict.ImageRecords;
import io.godwit.chaos.verdict.Verdict;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One run of `./chaos`, from a lab that is brought up to a judgement.
public final class ChaosRun {
    private static final int HOSTS = 3;
    private static final int ZOOKEEPER_SERVERS = 3;
    private static final int GUEST_MIB = 128;
    /// Little of everything: three guests and a data centre share one small machine.
    private static final GuestWorkload WORKLOAD = new GuestWorkload(16, 8, 1, GuestWorkload.Fill.TEXT, 10);

    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(30);
    private static final long ENDED_MS_MAX = 20_000;

    private final ChaosSettings settings;
    private final PrintStream out;
    private final Liveness liveness = new Liveness();
    private final long startedNs = System.nanoTime();

    private ChaosRun(ChaosSettings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /// Runs it all and takes the lab down again.
    ///
    /// @param out  what a person reads meanwhile
    /// @return what was seen and what is to be thought of it; history and logs stand in the settings' folder
    /// @throws LabException if the lab could not be brought up
    public static Outcome run(ChaosSettings settings, PrintStream out) throws IOException, InterruptedException {
        return new ChaosRun(settings, out).run();
    }

    private Outcome run() throws IOException, InterruptedException {
        Files.createDirectories(settings.folder());
        say("Bringing up lab " + settings.lab() + ": " + HOSTS + " hosts, " + ZOOKEEPER_SERVERS
                + " ZooKeeper servers, seed " + settings.seed());
        try (Lab lab = Lab.up(labSettings());
                History history = new History(settings.folder().resolve("history.jsonl"))) {
            List<GuestFile> guests = guests(lab);
            try {
                runIn(lab, guests, history);
            } catch (LabException e) {
                // What was seen until then is judged all the same.
                history.add(new Event.Settled(System.nanoTime(), startedNs, "the run broke off: " + e.getMessage()));
            }
            new Evidence(lab, settings.folder()).keep();
            List<Event> events = history.events();
            Verdict verdict = Verdict.of(events, images(guests));
            return Outcome.of(settings, events, verdict, System.nanoTime() - startedNs);
        }
    }

    private LabSettings labSettings() {
        LabSettings standard = LabSettings.standard(settings.lab()).withZooKeeperServers(ZOOKEEPER_SERVERS);
        return settings.imageServer()
                ? standard.withHosts(HOSTS + 1).withImageServer(HOSTS + 1)
                : standard.withHosts(HOSTS);
    }

    private void runIn(Lab lab, List<GuestFile> guests, History history) throws InterruptedException {
        try (AgentKeeper agents = AgentKeeper.start(lab, history::add);
                ProcessWatch _ = ProcessWatch.start(lab, event -> note(history, event));
                ClientWatch client = ClientWatch.start(
                        lab,
                        guests,
                        event -> note(history, event),
                        settings.folder().resolve("observer.log"))) {
            for (int i = 0; i < guests.size(); i++) {
                create(lab, guests.get(i), lab.host(1 + i % HOSTS));
            }
            Settling settling = new Settling(lab, guests, settings, liveness, event -> note(history, event));
            say("Waiting for " + guests.size() + " guests to boot");
            if (settling.await(false)) {
                torment(lab, guests, history, agents, settling);
            }
            if (!client.alive()) {
                throw new LabException("The observer in the client's namespace has ended early");
            }
            end(lab, guests);
        }
    }

    /// An image server may need a moment more than the agents that rely on it.
    private void create(Lab lab, GuestFile guest, LabHost host) throws InterruptedException {
        long deadlineNs = System.nanoTime() + settings.settle().toNanos();
        while (true) {
            try {
                Guests.create(lab, guest, host, CREATE_TIMEOUT);
                return;
            } catch (LabException e) {
                if (System.nanoTime() > deadlineNs) {
                    throw e;
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    private void torment(Lab lab, List<GuestFile> guests, History history, AgentKeeper agents, Settling settling)
            throws InterruptedException {
        List<String> names = guests.stream().map(GuestFile::name).toList();
        Schedule schedule = new Schedule(settings.seed(), settings.kinds(), HOSTS, guests.size());
        Round rounds = new Round(new Injector(lab, names, agents), event -> note(history, event));
        List<Mover> movers = new ArrayList<>();
        boolean well = true;
        try {
            for (int i = 0; i < names.size(); i++) {
                movers.add(Mover.start(lab, HOSTS, names.get(i), settings.seed() + i, event -> note(history, event)));
            }
            long endNs = System.nanoTime() + settings.duration().toNanos();
            while (well && System.nanoTime() < endNs) {
                List<PlannedFault> faults = schedule.nextRound();
                rounds.run(faults);
                faults.forEach(fault -> say("  " + fault.number() + " " + fault.words()));
                well = settling.await(false);
                say("  all guests up: " + (well ? "yes" : "NO"));
            }
        } finally {
            movers.forEach(Mover::close);
        }
        if (well) {
            settling.await(true);
        }
    }

    /// Ends the guests, so that nobody writes their images any more.
    private void end(Lab lab, List<GuestFile> guests) throws InterruptedException {
        say("Ending the guests");
        for (GuestFile guest : guests) {
            try {
                Guests.destroy(guest, lab.host(1), CREATE_TIMEOUT);
            } catch (LabException e) {
                say("Guest " + guest.name() + " could not be ended in order: " + e.getMessage());
            }
        }
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ENDED_MS_MAX);
        while (copies(lab) > 0 && System.nanoTime() < deadlineNs) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
        lab.hosts().stream()
                .flatMap(host -> host.guestProcesses().stream())
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    private static int copies(Lab lab) {
        return lab.hosts().stream()
                .mapToInt((LabHost host) -> host.guestProcesses().size())
                .sum();
    }

    private List<GuestFile> guests(Lab lab) {
        List<GuestFile> guests = new ArrayList<>();
        for (int number = 1; number <= settings.guests(); number++) {
            guests.add(lab.guest("g" + number, number, GUEST_MIB, WORKLOAD).withExtraLines("on_crash = \"restart\""));
        }
        return guests;
    }

    private static Map<String, ImageRecords> images(List<GuestFile> guests) throws IOException {
        Map<String, ImageRecords> images = new LinkedHashMap<>();
        for (GuestFile guest : guests) {
            Path image = guest.image();
            images.put(guest.name(), ImageRecords.read(image));
        }
        return images;
    }

    private void note(History history, Event event) {
        history.add(event);
        liveness.note(event);
    }

    private void say(String line) {
        out.println(String.format(Locale.ROOT, "%7.1f s  %s", (System.nanoTime() - startedNs) / 1e9, line));
        out.flush();
    }
}
