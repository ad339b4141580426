package io.godwit.chaos.simulation;

import io.godwit.storage.handover.ChangeAction;
import io.godwit.storage.handover.ChangeAnswer;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// ZooKeeper as its clients see it. Writes are applied one after the other, all or nothing, if the version is the one
/// expected; reads come from followers that lag. Requests and answers get lost, are late, are done twice; what a
/// lost session asked for is not done any more; without a leader nothing is.
final class Keeper {
    /// What only a mistake made on purpose asks for.
    static final int ANY_VERSION = -2;

    private final World world;
    private final Map<SimulatedGuest, Node> owners = new HashMap<>();
    private final Map<String, SimulatedGuest> addresses = new HashMap<>();
    private long leaderlessUntil;

    private static final class Node {
        private final List<OwnerView> views = new ArrayList<>(List.of(OwnerView.absent()));
        private final List<Long> since = new ArrayList<>(List.of(0L));

        OwnerView newest() {
            return views.getLast();
        }

        OwnerView at(long micros) {
            int i = views.size() - 1;
            while (i > 0 && since.get(i) > micros) {
                i--;
            }
            return views.get(i);
        }

        void add(OwnerView view, long micros) {
            views.add(view);
            since.add(micros);
        }
    }

    Keeper(World world) {
        this.world = world;
    }

    /// The truth, which no host can ask for.
    @Nullable
    OwnerContent owner(SimulatedGuest guest) {
        return node(guest).newest().content();
    }

    /// What a list of guests shows, which comes from a follower.
    @Nullable
    OwnerContent glimpse(SimulatedGuest guest) {
        return node(guest).at(now() - world.trouble().staleness()).content();
    }

    int version(SimulatedGuest guest) {
        return node(guest).newest().version();
    }

    @Nullable
    SimulatedGuest holder(String address) {
        return addresses.get(address);
    }

    void electLeader(long micros) {
        world.trace().note(Network.ZOOKEEPER, "", "no leader", micros, micros + " us");
        leaderlessUntil = world.clock().nowMicros() + micros;
    }

    /// @param answer called once, later, or never
    void ask(SimulatedHost host, SimulatedGuest guest, ChangeAction action, Consumer<ChangeAnswer> answer) {
        int session = host.session();
        world.clock().after(world.trouble().requestDelay(), () -> arrive(host, session, guest, action, answer));
        if (world.trouble().doubles()) {
            world.clock().after(world.trouble().requestDelay(), () -> arrive(host, session, guest, action, _ -> {}));
        }
    }

    private void arrive(
            SimulatedHost host, int session, SimulatedGuest guest, ChangeAction action, Consumer<ChangeAnswer> answer) {
        boolean heard = world.network().reaches(host.name(), Network.ZOOKEEPER)
                && !world.trouble().loses()
                && session == host.session()
                && leaderlessUntil <= world.clock().nowMicros();
        if (!heard) {
            world.trace().note(host.name(), guest.name(), "unheard", 0, action);
            return;
        }
        ChangeAnswer result = perform(guest, action);
        world.trace().note(Network.ZOOKEEPER, guest.name(), "answers", version(guest), result);
        if (world.network().reaches(Network.ZOOKEEPER, host.name())
                && !world.trouble().loses()) {
            world.clock().after(world.dice().between(200, 1_500), () -> answer.accept(result));
        }
    }

    private ChangeAnswer perform(SimulatedGuest guest, ChangeAction action) {
        Node node = node(guest);
        return switch (action) {
            case ChangeAction.Read _ -> read(guest, node);
            case ChangeAction.Write(int version, OwnerContent next, boolean claims) -> {
                boolean expected = version == ANY_VERSION || node.newest().version() == version;
                if (!expected || (claims && !foreign(guest).isEmpty())) {
                    yield new ChangeAnswer.Conflict();
                }
                if (claims) {
                    addresses.put(guest.address(), guest);
                }
                world.tally().wrote(node.newest().content(), next);
                node.add(new OwnerView(next, node.newest().version() + 1, List.of()), now());
                yield new ChangeAnswer.Applied();
            }
            case ChangeAction.Check(int version) ->
                node.newest().version() == version ? new ChangeAnswer.Applied() : new ChangeAnswer.Conflict();
            case ChangeAction.Remove _, ChangeAction.Wait _, ChangeAction.Done _ ->
                throw new IllegalStateException("Nobody here asks ZooKeeper for this: " + action);
        };
    }

    private ChangeAnswer read(SimulatedGuest guest, Node node) {
        OwnerView view = node.at(now() - world.trouble().staleness());
        return new ChangeAnswer.Seen(new OwnerView(view.content(), view.version(), foreign(guest)));
    }

    private List<String> foreign(SimulatedGuest guest) {
        SimulatedGuest holder = addresses.get(guest.address());
        return holder == null || holder.equals(guest)
                ? List.of()
                : List.of("Address " + guest.address() + " belongs to guest " + holder.name());
    }

    private Node node(SimulatedGuest guest) {
        return owners.computeIfAbsent(guest, _ -> new Node());
    }

    private long now() {
        return world.clock().nowMicros();
    }
}
