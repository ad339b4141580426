package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.GuestLifecycle;
import io.godwit.agent.guests.GuestViews;
import io.godwit.agent.guests.HostContext;
import io.godwit.storage.OwnershipException;
import java.util.Optional;

/// What can be done with one guest, migration apart.
final class GuestRoutes {
    private final HostContext host;
    private final GuestLifecycle guests;
    private final Locator locator;
    private final Peers peers;

    GuestRoutes(HostContext host, GuestLifecycle guests, Locator locator, Peers peers) {
        this.host = host;
        this.guests = guests;
        this.locator = locator;
        this.peers = peers;
    }

    HttpResponse create(Call call) throws Exception {
        boolean dryRun = call.flag("dryRun");
        return Call.json(
                dryRun ? HttpStatus.OK : HttpStatus.CREATED, guests.create(call.body(CreateRequest.class), dryRun));
    }

    HttpResponse get(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(view(guest)));
    }

    HttpResponse pause(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(guests.pause(guest)));
    }

    HttpResponse resume(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(guests.resume(guest)));
    }

    HttpResponse shutdown(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(guests.shutdown(guest)));
    }

    HttpResponse destroy(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(guests.destroy(guest)));
    }

    HttpResponse console(Call call) throws Exception {
        return atOwner(call, guest -> Call.json(guests.console(guest)));
    }

    /// What is done with a guest that this agent answers for.
    interface OnGuest {
        HttpResponse apply(String guest) throws Exception;
    }

    /// Here, or wherever the guest's owner is.
    HttpResponse atOwner(Call call, OnGuest action) throws Exception {
        String guest = call.guest();
        return switch (locator.find(guest)) {
            case Locator.Place.Here _ -> action.apply(guest);
            case Locator.Place.Elsewhere elsewhere -> {
                if (call.forwarded()) {
                    throw new AgentException(
                            Code.UNAVAILABLE,
                            "Guest has just moved on to host "
                                    + elsewhere.host().host() + ": " + guest,
                            elsewhere.state(),
                            "Try again.");
                }
                yield peers.forward(call, elsewhere.host(), elsewhere.state());
            }
        };
    }

    private GuestView view(String guest) throws AgentException {
        Optional<GuestView> local = host.table().find(guest).flatMap(slot -> GuestViews.local(host.name(), slot));
        if (local.isPresent()) {
            return local.get();
        }
        try {
            return host.ownership()
                    .guest(guest)
                    .map(GuestViews::recorded)
                    .orElseThrow(() -> new AgentException(Code.NOT_FOUND, "There is no such guest: " + guest, "", ""));
        } catch (OwnershipException e) {
            throw AgentException.of(e, "unknown");
        }
    }
}
