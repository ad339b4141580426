package io.godwit.agent.cli;

import io.godwit.agent.api.MigrationView;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationReport;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Waits for the end of a migration: by its events while they come, by asking when they do not. The migration does not
/// depend on being followed.
final class MigrationFollower {
    private static final long SILENCE_MS_MAX = 5_000;
    private static final long ASK_EVERY_MS = 500;

    private final AgentClient client;
    private final String guest;
    private final UUID id;
    private final ProgressView view;
    private final long patienceMs;

    /// @param patienceMs  for an agent that does not answer any more
    MigrationFollower(AgentClient client, String guest, UUID id, ProgressView view, long patienceMs) {
        this.client = client;
        this.guest = guest;
        this.id = id;
        this.view = view;
        this.patienceMs = patienceMs;
    }

    /// @throws CliException if the agent is not there any more, or knows nothing of this migration any more
    MigrationReport await() throws CliException, InterruptedException {
        MigrationReport report;
        try (ServerSentEvents events = client.events(AgentClient.guestPath(guest, "/migration/events"))) {
            report = fromEvents(events);
        } catch (CliException _) {
            // Events are a convenience. Asking finds out what is wrong, if anything still is.
            report = null;
        }
        return report != null ? report : byAsking();
    }

    private @Nullable MigrationReport fromEvents(ServerSentEvents events) throws CliException, InterruptedException {
        while (true) {
            ServerSentEvents.Event event = events.next(SILENCE_MS_MAX);
            if (event == null) {
                MigrationReport report = ask();
                if (report != null) {
                    return report;
                }
            } else if (event.isEnd()) {
                return null;
            } else if (event.name().equals("progress")) {
                view.show(Json.read(event.data(), MigrationProgress.class));
            } else if (event.name().equals("report")) {
                MigrationReport report = Json.read(event.data(), MigrationReport.class);
                if (report.migration().equals(id)) {
                    return report;
                }
            }
        }
    }

    private MigrationReport byAsking() throws CliException, InterruptedException {
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
        while (true) {
            try {
                MigrationReport report = ask();
                if (report != null) {
                    return report;
                }
                deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
            } catch (CliException e) {
                if (e.exitCode() != ExitCode.UNREACHABLE) {
                    throw e;
                }
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw CliException.unreachable(
                            "The agent went away while the migration of " + guest + " was under way",
                            "Not known from here: the guest's record in ZooKeeper decides.",
                            "Look with \"godwit list\" on any host, then \"godwit migrate " + guest + " --watch\".");
                }
            }
            TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MS);
        }
    }

    private @Nullable MigrationReport ask() throws CliException {
        MigrationView now = client.get(AgentClient.guestPath(guest, "/migration"), MigrationView.class);
        if (!now.id().equals(id)) {
            throw CliException.failed(
                    "Another migration of " + guest + " has begun since: " + now.id(),
                    "The agent's log tells how this one ended: " + id);
        }
        if (now.report() == null) {
            view.show(now.progress());
        }
        return now.report();
    }
}
