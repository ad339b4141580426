package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.api.PresenceView;
import io.godwit.agent.api.RecoveryView;
import io.godwit.agent.api.RecoveryView.RecordView;
import io.godwit.agent.api.SettlementView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.recovery.Finding;
import io.godwit.agent.recovery.Finding.What;
import io.godwit.agent.recovery.RecoveryPlan;
import io.godwit.agent.recovery.RecoveryPlan.Action;
import io.godwit.agent.recovery.RecoveryPlan.Step;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// Recovers a guest: asks every host what it has of it, compares that with the record, and has each host whose
/// agent answers settle what differs. What removes copies comes first, for they may hold on to the guest's images.
///
/// It gives no orders. A host that is asked to settle reads the record itself and acts on that, so a recovery that
/// is under way twice, or that comes too late, does no harm.
final class ClusterRecovery {
    private static final Duration PRESENCE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(45);

    private final HostContext host;
    private final Recovery here;
    private final Peers peers;

    ClusterRecovery(HostContext host, Recovery here, Peers peers) {
        this.host = host;
        this.here = here;
        this.peers = peers;
    }

    /// What a host said, or why it said nothing.
    private record Answer<T>(@Nullable T value, String failure) {}

    /// @param dryRun only tell what would be done
    /// @throws AgentException NOT_FOUND if there is neither a record of the guest nor anything of it on any host
    RecoveryView recover(String guest, boolean dryRun) throws AgentException, OwnershipException, InterruptedException {
        Optional<OwnerRecord> record = record(guest);
        Map<String, HostEntry> hosts = new LinkedHashMap<>();
        host.ownership().hosts().forEach(entry -> hosts.put(entry.host(), entry));
        Map<String, PresenceView> presences = new HashMap<>();
        List<Finding> findings = findings(guest, hosts, presences);
        List<Step> steps = RecoveryPlan.of(record, findings);
        if (record.isEmpty() && steps.stream().allMatch(step -> step.action() == Action.NONE)) {
            throw new AgentException(
                    Code.NOT_FOUND, "There is no such guest, and no host has anything of it: " + guest, "", "");
        }
        Map<String, Answer<SettlementView>> outcomes = dryRun ? Map.of() : settle(guest, hosts, steps);
        List<RecoveryView.HostView> views = new ArrayList<>();
        for (Step step : steps) {
            views.add(view(step, presences.get(step.host()), outcomes.get(step.host())));
        }
        if (!dryRun) {
            tryAgain(guest);
        }
        boolean settled = views.stream().allMatch(RecoveryView.HostView::settled);
        return new RecoveryView(guest, view(record), view(dryRun ? record : record(guest)), dryRun, settled, views);
    }

    /// A guest that was given up is owed its start as on the first day: its operator has mended what was wrong.
    private void tryAgain(String guest) throws OwnershipException, InterruptedException {
        Optional<GuestEntry> entry = host.ownership().guest(guest);
        Debt debt = entry.map(GuestEntry::debt).orElse(null);
        if (entry.isPresent() && debt != null && debt.abandoned()) {
            host.ownership().owe(guest, entry.get().version(), Debt.NONE_TRIED);
        }
    }

    private Optional<OwnerRecord> record(String guest) throws OwnershipException {
        return host.ownership().guest(guest).map(GuestEntry::owner);
    }

    private List<Finding> findings(String guest, Map<String, HostEntry> hosts, Map<String, PresenceView> presences)
            throws InterruptedException {
        Map<String, Future<Answer<PresenceView>>> asked = new LinkedHashMap<>();
        hosts.forEach((name, entry) -> asked.put(name, host.threads().submit(() -> presence(guest, entry))));
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, Future<Answer<PresenceView>>> question : asked.entrySet()) {
            Answer<PresenceView> answer = await(question.getValue());
            PresenceView presence = answer.value();
            if (presence == null) {
                findings.add(new Finding(question.getKey(), new What.Silent(answer.failure())));
            } else {
                presences.put(question.getKey(), presence);
                findings.add(new Finding(question.getKey(), what(presence)));
            }
        }
        return findings;
    }

    private static What what(PresenceView presence) {
        if (!presence.busy().isEmpty()) {
            return new What.Busy(presence.busy());
        }
        return switch (presence.found()) {
            case "none" -> new What.NoProcess(false);
            case "leftovers" -> new What.NoProcess(true);
            case "running" -> process(presence, Finding.State.RUNNING);
            case "paused" -> process(presence, Finding.State.PAUSED);
            case "incoming" -> process(presence, Finding.State.INCOMING);
            case "ended" -> process(presence, Finding.State.ENDED);
            // Whatever else an agent of another version may say, it is nothing to act upon.
            default -> new What.Mute();
        };
    }

    private static What process(PresenceView presence, Finding.State state) {
        return new What.Live(state, presence.epoch(), presence.pausedInEpoch());
    }

    private Map<String, Answer<SettlementView>> settle(String guest, Map<String, HostEntry> hosts, List<Step> steps)
            throws InterruptedException {
        List<Step> acting = steps.stream().filter(Step::acts).toList();
        List<Step> ordered =
                new ArrayList<>(acting.stream().filter(Step::removes).toList());
        acting.stream().filter(step -> !step.removes()).forEach(ordered::add);
        Map<String, Answer<SettlementView>> outcomes = new HashMap<>();
        for (Step step : ordered) {
            HostEntry entry = hosts.get(step.host());
            if (entry != null) {
                outcomes.put(step.host(), settlement(guest, entry));
            }
        }
        return outcomes;
    }

    private Answer<PresenceView> presence(String guest, HostEntry entry) throws InterruptedException {
        return answer(
                entry,
                PresenceView.class,
                () -> here.presence(guest),
                () -> peers.get(entry, path(guest, "presence"), PRESENCE_TIMEOUT));
    }

    private Answer<SettlementView> settlement(String guest, HostEntry entry) throws InterruptedException {
        return answer(
                entry,
                SettlementView.class,
                () -> here.settle(guest),
                () -> peers.post(entry, path(guest, "settlement"), SETTLE_TIMEOUT));
    }

    private <T> Answer<T> answer(
            HostEntry entry, Class<T> type, Callable<T> local, Callable<AggregatedHttpResponse> remote)
            throws InterruptedException {
        try {
            if (entry.host().equals(host.name())) {
                return new Answer<>(local.call(), "");
            }
            AggregatedHttpResponse response = remote.call();
            if (response.status().equals(HttpStatus.OK)) {
                return new Answer<>(Json.ANSWERS.readValue(response.content().array(), type), "");
            }
            ErrorView error = Json.ANSWERS.readValue(response.content().array(), ErrorView.class);
            return new Answer<>(null, error == null ? response.status().toString() : sentence(error));
        } catch (InterruptedException e) {
            throw e;
        } catch (AgentException e) {
            return new Answer<>(null, sentence(e.getMessage(), e.hint()));
        } catch (JacksonException e) {
            return new Answer<>(null, "Its answer cannot be understood");
        } catch (IOException e) {
            return new Answer<>(
                    null,
                    "Its agent does not answer at " + entry.address() + ":" + entry.apiPort()
                            + (entry.alive() ? "" : ", and holds no session with ZooKeeper"));
        } catch (Exception e) {
            throw new IllegalStateException("Host " + entry.host() + " could not be asked", e);
        }
    }

    private static String sentence(ErrorView error) {
        return sentence(error.message(), error.hint());
    }

    private static String sentence(String message, String hint) {
        return hint.isEmpty() ? message : message + ". " + hint;
    }

    private static <T> Answer<T> await(Future<Answer<T>> question) throws InterruptedException {
        try {
            return question.get();
        } catch (ExecutionException e) {
            return new Answer<>(null, "It could not be asked: " + AgentException.words(e));
        }
    }

    private static RecoveryView.HostView view(
            Step step, @Nullable PresenceView presence, @Nullable Answer<SettlementView> outcome) {
        SettlementView done = outcome == null ? null : outcome.value();
        String words;
        if (done != null) {
            words = done.done();
        } else {
            words = outcome == null ? "" : outcome.failure();
        }
        boolean settled = done == null ? step.action() == Action.NONE : done.settled();
        return new RecoveryView.HostView(
                step.host(), presence, step.action().name().toLowerCase(Locale.ROOT), step.reason(), words, settled);
    }

    private static RecordView view(Optional<OwnerRecord> record) {
        return record.map(owner -> switch (owner.state()) {
                    case OwnerState.Running _ -> new RecordView("running", owner.host(), "", owner.epoch());
                    case OwnerState.Handover handover ->
                        new RecordView("handover", owner.host(), handover.target(), owner.epoch());
                    case OwnerState.Stopped _ -> new RecordView("stopped", owner.host(), "", owner.epoch());
                })
                .orElseGet(() -> new RecordView("none", "", "", 0));
    }

    private static String path(String guest, String what) {
        return "/v1/guests/" + guest + "/" + what;
    }
}
