package io.godwit.chaos.run;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// Migrates one guest from host to host without end. Any outcome is right, for everything may fail; what must
/// not happen is found by the checkers.
final class Mover implements AutoCloseable {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
    private static final long MIGRATION_MS_MAX = 40_000;
    private static final long LOOK_MS = 300;
    private static final int REST_MS_MIN = 500;
    private static final int REST_MS_MAX = 4_000;
    /// The machine is shared by the whole lab: how short a switchover can be is measured elsewhere.
    private static final int DOWNTIME_MS = 800;

    private final Lab lab;
    private final String guest;
    private final int hosts;
    private final Random random;
    private final Consumer<Event> events;
    private final Thread thread;

    private Mover(Lab lab, int hosts, String guest, long seed, Consumer<Event> events) {
        this.lab = lab;
        this.hosts = hosts;
        this.guest = guest;
        this.random = new Random(seed);
        this.events = events;
        this.thread = Thread.ofVirtual().name("mover-" + guest).unstarted(this::move);
    }

    /// @param hosts  the first so many of the lab's
    static Mover start(Lab lab, int hosts, String guest, long seed, Consumer<Event> events) {
        Mover mover = new Mover(lab, hosts, guest, seed, events);
        mover.thread.start();
        return mover;
    }

    private void move() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(REST_MS_MIN, REST_MS_MAX));
                LabHost asked = lab.host(1 + random.nextInt(hosts));
                moveTo(asked, "h" + (1 + random.nextInt(hosts)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void moveTo(LabHost asked, String target) throws InterruptedException {
        long sinceNs = System.nanoTime();
        String path = "/v1/guests/" + guest + "/migration";
        try {
            JsonNode guestView = asked.request("GET", "/v1/guests/" + guest, "", ANSWER_TIMEOUT);
            if (guestView.path("host").asString("").equals(target)) {
                return;
            }
            JsonNode view = asked.request(
                    "POST",
                    path,
                    "{\"targetHost\":\"%s\",\"downtimeBudgetMs\":%d,\"verify\":false,\"dryRun\":false}"
                            .formatted(target, DOWNTIME_MS),
                    ANSWER_TIMEOUT);
            follow(asked, path, view.path("id").asString(""), target, sinceNs);
        } catch (LabException e) {
            note(target, sinceNs, "REFUSED", e.getMessage());
        }
    }

    private void follow(LabHost asked, String path, String id, String target, long sinceNs)
            throws InterruptedException {
        String lastSeen = "";
        while (System.nanoTime() - sinceNs < TimeUnit.MILLISECONDS.toNanos(MIGRATION_MS_MAX)) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            try {
                JsonNode view = asked.request("GET", path, "", ANSWER_TIMEOUT);
                JsonNode report = view.path("report");
                if (!view.path("id").asString("").equals(id)) {
                    note(target, sinceNs, "UNKNOWN", "another migration has begun");
                    return;
                }
                if (report.isObject()) {
                    note(
                            target,
                            sinceNs,
                            report.path("result").asString(""),
                            report.path("reason").asString(""));
                    return;
                }
                lastSeen = view.path("progress").path("phase").asString("");
            } catch (LabException e) {
                // The agents that know of it may be down; one of them may be back soon.
                lastSeen = String.valueOf(e.getMessage());
            }
        }
        note(target, sinceNs, "UNKNOWN", "last seen: " + lastSeen);
    }

    private void note(String target, long sinceNs, String result, @org.jspecify.annotations.Nullable String reason) {
        events.accept(
                new Event.MigrationEnded(System.nanoTime(), sinceNs, guest, target, result, String.valueOf(reason)));
    }

    /// Begins no further migration. One that is under way goes on.
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
