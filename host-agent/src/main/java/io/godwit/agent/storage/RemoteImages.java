package io.godwit.agent.storage;

import io.godwit.agent.api.ErrorView;
import io.godwit.agent.api.ImagesRequest;
import io.godwit.agent.api.ImagesView;
import io.godwit.storage.HostEntry;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageSource;
import io.godwit.storage.ImageStore;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.fencing.FenceRules.Wish;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The images of one serving host, asked for over HTTP.
final class RemoteImages implements ImageStore {
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
    private static final int CONFLICT = 409;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final String server;
    private final Ownership ownership;
    private final AgentCalls calls;

    RemoteImages(String server, Ownership ownership, AgentCalls calls) {
        this.server = server;
        this.ownership = ownership;
        this.calls = calls;
    }

    @Override
    public boolean fences(Set<String> images) {
        return true;
    }

    @Override
    public List<String> blockers(String guest, Set<String> images) throws InterruptedException {
        try {
            send("check", new ImagesRequest(guest, 0, "", List.copyOf(images)), CHECK_TIMEOUT);
            return List.of();
        } catch (ImageStoreException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Map<String, ImageSource> prepare(ImageGrant grant) throws ImageStoreException, InterruptedException {
        return ask(Wish.PREPARE, grant);
    }

    @Override
    public Map<String, ImageSource> activate(ImageGrant grant) throws ImageStoreException, InterruptedException {
        return ask(Wish.ACTIVATE, grant);
    }

    @Override
    public void withdraw(ImageGrant grant) throws ImageStoreException, InterruptedException {
        var _ = ask(Wish.WITHDRAW, grant);
    }

    private Map<String, ImageSource> ask(Wish wish, ImageGrant grant) throws ImageStoreException, InterruptedException {
        Granted granted = send(
                wish.name().toLowerCase(Locale.ROOT),
                new ImagesRequest(grant.guest(), grant.epoch(), grant.cause().toString(), List.copyOf(grant.images())),
                ANSWER_TIMEOUT);
        Map<String, ImageSource> sources = new HashMap<>();
        granted.view()
                .exports()
                .forEach((path, export) -> sources.put(
                        path,
                        new ImageSource.Export(
                                server, granted.host().address(), granted.view().port(), export)));
        if (wish != Wish.WITHDRAW && !sources.keySet().equals(grant.images())) {
            throw new ImageStoreException(
                    Kind.UNAVAILABLE, "Image server " + server + " answered for other images than it was asked for");
        }
        return sources;
    }

    private record Granted(HostEntry host, ImagesView view) {}

    private Granted send(String verb, ImagesRequest request, Duration timeout)
            throws ImageStoreException, InterruptedException {
        try {
            HostEntry host = ownership
                    .host(server)
                    .orElseThrow(() -> new ImageStoreException(
                            Kind.UNAVAILABLE, "Image server " + server + " has never announced itself"));
            AgentCalls.Answer answer =
                    calls.post(host, "/v1/images/" + verb, MAPPER.writeValueAsBytes(request), timeout);
            if (answer.status() == 200) {
                return new Granted(host, MAPPER.readValue(answer.body(), ImagesView.class));
            }
            throw new ImageStoreException(
                    answer.status() == CONFLICT ? Kind.REFUSED : Kind.UNAVAILABLE,
                    "Image server " + server + ": " + message(answer));
        } catch (OwnershipException e) {
            throw new ImageStoreException(
                    Kind.UNAVAILABLE, "Where image server " + server + " is cannot be read: " + e.getMessage(), e);
        } catch (ImageStoreException e) {
            throw e;
        } catch (IOException | JacksonException e) {
            throw new ImageStoreException(
                    Kind.UNAVAILABLE,
                    "Image server " + server + " does not answer: " + e.getMessage()
                            + ". Check that host and its agent",
                    e);
        }
    }

    private static String message(AgentCalls.Answer answer) {
        try {
            return MAPPER.readValue(answer.body(), ErrorView.class).message();
        } catch (JacksonException e) {
            return "it answers with status " + answer.status();
        }
    }
}
