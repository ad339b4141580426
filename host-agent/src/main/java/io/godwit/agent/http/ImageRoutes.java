package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpResponse;
import io.godwit.agent.api.ImagesRequest;
import io.godwit.agent.api.ImagesView;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.storage.GrantDesk;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.fencing.FenceRules.Wish;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// What hosts ask of an image server. Not for operators: a grant follows from the owner record alone.
final class ImageRoutes {
    private final GrantDesk desk;

    ImageRoutes(GrantDesk desk) {
        this.desk = desk;
    }

    HttpResponse check(Call call) throws Exception {
        try {
            desk.check(Set.copyOf(call.body(ImagesRequest.class).images()));
            return Call.json(new ImagesView(desk.port(), Map.of()));
        } catch (ImageStoreException e) {
            throw failure(e);
        }
    }

    HttpResponse prepare(Call call) throws Exception {
        return ask(Wish.PREPARE, call);
    }

    HttpResponse activate(Call call) throws Exception {
        return ask(Wish.ACTIVATE, call);
    }

    HttpResponse withdraw(Call call) throws Exception {
        return ask(Wish.WITHDRAW, call);
    }

    private HttpResponse ask(Wish wish, Call call) throws AgentException, InterruptedException {
        String asker = Caller.host(call);
        ImageGrant grant = grant(call.body(ImagesRequest.class));
        try {
            return Call.json(new ImagesView(desk.port(), desk.ask(wish, asker, grant)));
        } catch (ImageStoreException e) {
            throw failure(e);
        }
    }

    private static ImageGrant grant(ImagesRequest request) throws AgentException {
        try {
            return new ImageGrant(
                    request.guest(), request.epoch(), UUID.fromString(request.cause()), Set.copyOf(request.images()));
        } catch (IllegalArgumentException e) {
            throw new AgentException(
                    Code.BAD_REQUEST, "That is no epoch, or no cause: " + AgentException.words(e), "", "", e);
        }
    }

    private static AgentException failure(ImageStoreException e) {
        Code code = switch (e.kind()) {
            case REFUSED -> Code.CONFLICT;
            case UNAVAILABLE -> Code.UNAVAILABLE;
        };
        return new AgentException(code, AgentException.words(e), "", "", e);
    }
}
