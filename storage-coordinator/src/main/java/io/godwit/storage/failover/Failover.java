package io.godwit.storage.failover;

import io.godwit.storage.Debt;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.placement.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides which guests are to be started again, when and where. Pure: what was read comes in with the time on a
/// clock that never goes back, what is to be asked of which host comes out.
///
/// It decides nothing for good. Whether a guest may be taken is decided by the records, when the host that was
/// asked writes to them; whatever this class believes may be out of date, and any number of coordinators may
/// believe it at once: of all the hosts they ask one succeeds. That one host is elected to coordinate only spares
/// the others the work, and the records the conflicts.
///
/// One thing nobody else checks: that a dead host's guests have stopped. A host is taken for dead when its `alive`
/// node is gone, and its guests for stopped when it has stayed gone, with the same version of the host's record,
/// for the takeover wait that this record promises, from when *this* coordinator saw it first. That is later than
/// the session's end, so the wait is never too short. Guests all of whose images refuse their former owner are not
/// waited for.
///
/// | a guest that is | and | is |
/// |---|---|---|
/// | RUNNING or HANDOVER on a dead host | its file, the host's record and the switch allow it | taken over |
/// | STOPPED | owed a start | started |
/// | either | the start failed | tried again, later each time, and given up in the end |
/// | either | no host has room | tried again for as long as it takes: to look for room does no harm |
/// | anything else | - | let alone |
public final class Failover {
    private final FailoverLimits limits;
    private final Map<String, Gone> gone = new HashMap<>();
    private final Map<String, Underway> underway = new HashMap<>();
    private final Map<String, Trouble> troubles = new HashMap<>();
    private final Map<String, String> said = new HashMap<>();

    /// Since when a host has been seen dead with this version of its record.
    private record Gone(int version, long sinceMs) {}

    /// A guest that a host was asked to start.
    record Underway(String host, GuestFacts guest) {}

    /// What went wrong with a guest in a row.
    ///
    /// @param refusedBy  hosts that could not start it
    private record Trouble(int failures, long notBeforeMs, String lastError, Set<String> refusedBy) {}

    /// @param dead  null if the guest is stopped, and belongs to no host
    private record Need(GuestFacts guest, @Nullable HostSighting dead) {}

    public Failover(FailoverLimits limits) {
        this.limits = limits;
    }

    /// @param nowMs  not earlier than what the event tells of
    public List<FailoverAction> on(FailoverEvent event, long nowMs) {
        List<FailoverAction> actions = new ArrayList<>();
        switch (event) {
            case FailoverEvent.Observed(ClusterView view) -> observed(view, nowMs, actions);
            case FailoverEvent.Answered answer -> answered(answer, nowMs, actions);
        }
        return actions;
    }

    /// Guests that hosts were asked to start, and have not answered for.
    public int underway() {
        return underway.size();
    }

    private void observed(ClusterView view, long nowMs, List<FailoverAction> actions) {
        Map<String, HostSighting> hosts = new HashMap<>();
        view.hosts().forEach(sighting -> hosts.put(sighting.host().host(), sighting));
        follow(hosts, nowMs);
        Set<String> names = new HashSet<>();
        view.guests().forEach(guest -> names.add(guest.name()));
        troubles.keySet().retainAll(names);
        said.keySet().retainAll(names);

        List<Need> needs = new ArrayList<>();
        for (GuestFacts guest : view.guests()) {
            need(guest, view, hosts, nowMs, actions).ifPresent(needs::add);
        }
        needs.sort(Comparator.comparingInt(
                        (Need need) -> -need.guest().demand().policy().priority())
                .thenComparing(need -> need.guest().name()));
        Loads loads = Loads.of(view, underway);
        for (Need need : needs) {
            meet(need, loads, nowMs, actions);
        }
    }

    private void follow(Map<String, HostSighting> hosts, long nowMs) {
        gone.keySet().retainAll(hosts.keySet());
        hosts.forEach((name, sighting) -> {
            Gone before = gone.get(name);
            if (sighting.host().alive()) {
                gone.remove(name);
            } else if (before == null || before.version() != sighting.version()) {
                gone.put(name, new Gone(sighting.version(), nowMs));
            }
        });
    }

    /// @return empty if nothing is to be done for the guest, or not yet
    private Optional<Need> need(
            GuestFacts guest,
            ClusterView view,
            Map<String, HostSighting> hosts,
            long nowMs,
            List<FailoverAction> actions) {
        Debt debt = guest.debt();
        boolean stopped = guest.owner().state() instanceof OwnerState.Stopped;
        HostSighting owner = stopped ? null : hosts.get(guest.owner().host());
        boolean wanting =
                stopped ? debt != null : owner == null || !owner.host().alive();
        if (!wanting || (debt != null && debt.abandoned())) {
            troubles.remove(guest.name());
            said.remove(guest.name());
            return Optional.empty();
        }
        Optional<String> objection = view.on()
                ? objection(guest, stopped, owner)
                : Optional.of("failover is switched off for the whole cluster");
        if (objection.isPresent()) {
            say(guest.name(), "It is not restarted: " + objection.get(), actions);
            return Optional.empty();
        }
        return owner == null || isOver(guest, owner, nowMs) ? Optional.of(new Need(guest, owner)) : Optional.empty();
    }

    /// @param owner  the dead one; null if the guest is stopped, or its owner has no record
    private static Optional<String> objection(GuestFacts guest, boolean stopped, @Nullable HostSighting owner) {
        if (stopped) {
            return Optional.empty();
        }
        String name = guest.owner().host();
        if (owner == null) {
            return Optional.of("its host " + name + " has no record, so nobody knows whether it runs there");
        }
        HostEntry host = owner.host();
        if (!guest.demand().policy().restarts()) {
            return Optional.of("its host " + name + " is dead, and its file says failover = \"leave\"");
        }
        if (host.state() == HostState.MAINTENANCE) {
            return Optional.of("its host " + name + " is dead, but in maintenance");
        }
        if (!host.enforcesLease()) {
            return Optional.of("its host " + name + " does not answer, but did not enforce its lease, so the guest may"
                    + " still run there");
        }
        return Optional.empty();
    }

    private boolean isOver(GuestFacts guest, HostSighting dead, long nowMs) {
        Gone since = gone.get(dead.host().host());
        long waitMs = guest.fenced() ? 0 : dead.host().leaseTakeoverWaitMs();
        return since != null && nowMs - since.sinceMs() >= waitMs;
    }

    private void meet(Need need, Loads loads, long nowMs, List<FailoverAction> actions) {
        GuestFacts guest = need.guest();
        Trouble trouble = troubles.getOrDefault(guest.name(), new Trouble(0, nowMs, "", Set.of()));
        if (underway.containsKey(guest.name()) || nowMs < trouble.notBeforeMs()) {
            return;
        }
        Debt debt = guest.debt() == null ? Debt.NONE_TRIED : guest.debt();
        int attempts = Math.max(debt.attempts(), trouble.failures());
        if (attempts >= limits.attemptsMax()) {
            String last = trouble.lastError().isEmpty() ? debt.lastError() : trouble.lastError();
            String reason = attempts + " attempts failed, the last because " + last;
            actions.add(new FailoverAction.Note(guest.name(), guest.version(), debt.givenUp(reason)));
            // An operator may have it tried again before this is seen in the records.
            troubles.remove(guest.name());
            say(guest.name(), "It is given up: " + reason, actions);
            return;
        }
        switch (Placement.choose(guest.demand(), loads.candidates(trouble.refusedBy(), limits.startsPerHostMax()))) {
            case Placement.Choice.Chosen(String host) -> ask(need, host, debt.tried(), loads, actions);
            case Placement.Choice.None _ -> unplaced(guest, debt, trouble, loads, nowMs, actions);
        }
    }

    private void ask(Need need, String host, Debt debt, Loads loads, List<FailoverAction> actions) {
        GuestFacts guest = need.guest();
        HostSighting dead = need.dead();
        underway.put(guest.name(), new Underway(host, guest));
        loads.add(host, guest);
        if (dead == null) {
            say(guest.name(), "Host " + host + " is asked to start it", actions);
            actions.add(new FailoverAction.AskStart(guest.name(), host, debt));
        } else {
            String name = dead.host().host();
            say(guest.name(), "Host " + host + " is asked to take it over from " + name + ", which is dead", actions);
            actions.add(new FailoverAction.AskTakeover(
                    guest.name(), host, name, dead.version(), guest.owner().epoch(), debt));
        }
    }

    /// A host that only has to finish other starts first is worth waiting for; so is one that has refused the
    /// guest, but only later.
    private void unplaced(
            GuestFacts guest, Debt debt, Trouble trouble, Loads loads, long nowMs, List<FailoverAction> actions) {
        if (Placement.choose(guest.demand(), loads.candidates(trouble.refusedBy(), Integer.MAX_VALUE))
                instanceof Placement.Choice.Chosen) {
            return;
        }
        switch (Placement.choose(guest.demand(), loads.candidates(Set.of(), Integer.MAX_VALUE))) {
            case Placement.Choice.Chosen _ ->
                later(guest, trouble, limits.waitMs(Math.max(1, trouble.failures())), nowMs);
            case Placement.Choice.None none -> {
                String reason = "no host has room: " + none.words();
                later(guest, trouble, limits.roomMs(), nowMs);
                if (!debt.lastError().equals(debt.failed(reason).lastError())) {
                    actions.add(new FailoverAction.Note(guest.name(), guest.version(), debt.failed(reason)));
                }
                say(guest.name(), "It waits: " + reason, actions);
            }
        }
    }

    private void later(GuestFacts guest, Trouble trouble, long waitMs, long nowMs) {
        troubles.put(guest.name(), new Trouble(trouble.failures(), nowMs + waitMs, trouble.lastError(), Set.of()));
    }

    private void answered(FailoverEvent.Answered answer, long nowMs, List<FailoverAction> actions) {
        Underway asked = underway.get(answer.guest());
        if (asked == null || !asked.host().equals(answer.host())) {
            return;
        }
        underway.remove(answer.guest());
        if (answer.error().isEmpty()) {
            troubles.remove(answer.guest());
            say(answer.guest(), "It runs on host " + answer.host(), actions);
            return;
        }
        failed(answer.guest(), "host " + answer.host() + " says: " + answer.error(), Set.of(answer.host()), nowMs);
        say(answer.guest(), "Host " + answer.host() + " could not start it: " + answer.error(), actions);
    }

    private void failed(String guest, String error, Set<String> refusedBy, long nowMs) {
        Trouble before = troubles.getOrDefault(guest, new Trouble(0, nowMs, "", Set.of()));
        Set<String> refusing = new HashSet<>(before.refusedBy());
        refusing.addAll(refusedBy);
        int failures = before.failures() + 1;
        troubles.put(guest, new Trouble(failures, nowMs + limits.waitMs(failures), error, Set.copyOf(refusing)));
    }

    private void say(String guest, String reason, List<FailoverAction> actions) {
        if (!reason.equals(said.put(guest, reason))) {
            actions.add(new FailoverAction.Log(guest, reason));
        }
    }
}
