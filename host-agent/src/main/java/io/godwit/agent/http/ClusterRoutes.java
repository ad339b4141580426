package io.godwit.agent.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.HostView;
import io.godwit.agent.guests.GuestViews;
import io.godwit.agent.guests.HostContext;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// What concerns the whole cluster: its guests and its hosts.
final class ClusterRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterRoutes.class);
    private static final Duration PEER_TIMEOUT = Duration.ofSeconds(2);

    private final HostContext host;
    private final Peers peers;

    ClusterRoutes(HostContext host, Peers peers) {
        this.host = host;
        this.peers = peers;
    }

    /// Every guest there is a record of, as its own host sees it where that answers. Without ZooKeeper: the guests
    /// of this host, for those run on and their operator wants to see it; a header says that it is not all.
    HttpResponse guests(Call call) throws InterruptedException {
        if (call.forwarded()) {
            return Call.json(local());
        }
        try {
            Map<String, GuestView> guests = new TreeMap<>();
            List<GuestEntry> entries = host.ownership().guests();
            entries.forEach(entry -> guests.put(entry.guest(), GuestViews.recorded(entry)));
            askOthers(entries).forEach(view -> putIfNewer(guests, view));
            local().forEach(view -> putIfNewer(guests, view));
            return Call.json(guests.values());
        } catch (OwnershipException e) {
            LOG.warn("Only this host's guests can be listed: {}", e.getMessage());
            return HttpResponse.builder()
                    .status(HttpStatus.OK)
                    .header("godwit-incomplete", "ZooKeeper does not answer: only guests of host " + host.name())
                    .content(MediaType.JSON_UTF_8, Json.ANSWERS.writeValueAsBytes(local()))
                    .build();
        }
    }

    HttpResponse hosts(Call call) throws OwnershipException {
        List<GuestView> guests =
                host.ownership().guests().stream().map(GuestViews::recorded).toList();
        return Call.json(host.ownership().hosts().stream()
                .map(entry -> view(
                        entry,
                        guests.stream()
                                .filter(guest -> guest.host().equals(entry.host()))
                                .toList()))
                .toList());
    }

    private static HostView view(HostEntry entry, List<GuestView> guests) {
        return new HostView(
                entry.host(),
                entry.address(),
                entry.state().name().toLowerCase(Locale.ROOT),
                entry.alive(),
                entry.leaseTakeoverWaitMs(),
                guests.size(),
                entry.memoryBytes(),
                guests.stream().mapToLong(GuestView::memoryBytes).sum());
    }

    private List<GuestView> local() {
        return host.table().all().stream()
                .flatMap(slot -> GuestViews.local(host.name(), slot).stream())
                .toList();
    }

    /// What is owed stands in the record only. A host that is asked may just have lost the guest, or an outrun copy
    /// of it: the higher epoch is right.
    private static void putIfNewer(Map<String, GuestView> guests, GuestView view) {
        guests.merge(
                view.name(),
                view,
                (old, fresh) -> fresh.epoch() >= old.epoch() ? fresh.withFailover(old.failover()) : old);
    }

    private List<GuestView> askOthers(List<GuestEntry> entries) throws OwnershipException, InterruptedException {
        List<Future<List<GuestView>>> answers = new ArrayList<>();
        for (HostEntry other : host.ownership().hosts()) {
            boolean owner =
                    entries.stream().anyMatch(entry -> entry.owner().host().equals(other.host()));
            if (owner && other.alive() && !other.host().equals(host.name())) {
                answers.add(host.threads().submit(() -> ask(other)));
            }
        }
        List<GuestView> views = new ArrayList<>();
        for (Future<List<GuestView>> answer : answers) {
            try {
                views.addAll(answer.get());
            } catch (ExecutionException e) {
                LOG.warn("A host could not be asked for its guests", e);
            }
        }
        return views;
    }

    private List<GuestView> ask(HostEntry other) throws InterruptedException {
        try {
            AggregatedHttpResponse answer = peers.get(other, "/v1/guests", PEER_TIMEOUT);
            if (answer.status().equals(HttpStatus.OK)) {
                return Arrays.asList(Json.ANSWERS.readValue(answer.content().array(), GuestView[].class));
            }
            LOG.warn("Host {} does not list its guests: {}", other.host(), answer.status());
        } catch (IOException | JacksonException e) {
            LOG.warn("Host {} does not list its guests: {}", other.host(), e.getMessage());
        }
        return List.of();
    }
}
