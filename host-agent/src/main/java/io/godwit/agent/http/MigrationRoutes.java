package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.AdjustRequest;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.migrations.Departure;
import io.godwit.agent.migrations.Departures;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Starting, following and cancelling migrations.
///
/// A migration is known to the host it leaves. After it has ended, that is not the guest's host any more: so a
/// question about it goes to the guest's owner first, in case the guest leaves that, and then to the host the
/// guest was last seen to leave.
final class MigrationRoutes {
    private static final int RELAYED_MAX = 256;
    private static final Duration PEER_TIMEOUT = Duration.ofSeconds(2);

    private final HostContext host;
    private final Departures departures;
    private final GuestRoutes guests;
    private final Locator locator;
    private final Peers peers;

    /// Guest to the host to which a request for its migration was passed on last; the oldest goes first.
    private final Map<String, String> relayed = new LinkedHashMap<>();

    MigrationRoutes(HostContext host, Departures departures, GuestRoutes guests, Locator locator, Peers peers) {
        this.host = host;
        this.departures = departures;
        this.guests = guests;
        this.locator = locator;
        this.peers = peers;
    }

    HttpResponse start(Call call) throws Exception {
        if (!call.forwarded() && locator.find(call.guest()) instanceof Locator.Place.Elsewhere elsewhere) {
            remember(call.guest(), elsewhere.host().host());
        }
        return guests.atOwner(call, guest -> {
            MigrateRequest request = call.body(MigrateRequest.class);
            return request.dryRun()
                    ? Call.json(departures.dryRun(guest, request))
                    : Call.json(HttpStatus.ACCEPTED, departures.migrate(guest, request));
        });
    }

    HttpResponse get(Call call) throws Exception {
        return atSource(call, departure -> Call.json(departure.view()));
    }

    HttpResponse events(Call call) throws Exception {
        return atSource(call, departure -> MigrationEvents.stream(call.context(), departure, host.threads()));
    }

    HttpResponse cancel(Call call) throws Exception {
        return atSource(call, departure -> Call.json(HttpStatus.ACCEPTED, departures.cancel(departure.guest())));
    }

    HttpResponse adjust(Call call) throws Exception {
        AdjustRequest request = call.body(AdjustRequest.class);
        return atSource(
                call, departure -> Call.json(HttpStatus.ACCEPTED, departures.adjust(departure.guest(), request)));
    }

    private interface OnDeparture {
        HttpResponse apply(Departure departure) throws AgentException;
    }

    private HttpResponse atSource(Call call, OnDeparture action) throws Exception {
        String guest = call.guest();
        Optional<Departure> local = departures.latest(guest);
        boolean decided = call.forwarded() || local.filter(Departure::underWay).isPresent();
        Optional<HostEntry> other = decided ? Optional.empty() : otherSource(guest, local.isPresent());
        if (other.isPresent()) {
            return peers.forward(call, other.get(), "unknown");
        }
        return action.apply(local.orElseThrow(() ->
                new AgentException(Code.NOT_FOUND, "No migration of this guest is known: " + guest, "unchanged", "")));
    }

    private Optional<HostEntry> otherSource(String guest, boolean knownHere)
            throws AgentException, InterruptedException {
        try {
            if (locator.find(guest) instanceof Locator.Place.Elsewhere owner && knowsMigration(owner.host(), guest)) {
                return Optional.of(owner.host());
            }
            String last = lastRelayed(guest);
            return knownHere || last.isEmpty()
                    ? Optional.empty()
                    : host.ownership().host(last);
        } catch (AgentException e) {
            if (knownHere) {
                return Optional.empty();
            }
            throw e;
        } catch (OwnershipException e) {
            throw AgentException.of(e, "unknown");
        }
    }

    private boolean knowsMigration(HostEntry owner, String guest) throws InterruptedException {
        try {
            return peers.get(owner, "/v1/guests/" + guest + "/migration", PEER_TIMEOUT)
                    .status()
                    .equals(HttpStatus.OK);
        } catch (IOException e) {
            return false;
        }
    }

    private synchronized void remember(String guest, String source) {
        relayed.remove(guest);
        relayed.put(guest, source);
        if (relayed.size() > RELAYED_MAX) {
            relayed.remove(relayed.keySet().iterator().next());
        }
    }

    private synchronized String lastRelayed(String guest) {
        return relayed.getOrDefault(guest, "");
    }
}
