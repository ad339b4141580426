package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/// A guest's records as read, each with its version, and the one `multi` that turns them into something else if not
/// one of them has changed since.
final class GuestSnapshot {
    private static final int ANY_VERSION = -1;

    private final RecordStore store;
    private final ChangeRequest request;
    private final @Nullable OwnerContent owner;
    private final int ownerVersion;
    private final @Nullable GuestRecord guest;
    private final int guestVersion;
    private final Map<String, Holding> holdings;

    /// @param image    null for an address
    /// @param holder   null if nobody has it
    /// @param wanted   whether the guest is to own it afterwards
    private record Holding(
            String what, @Nullable String image, @Nullable HolderRecord holder, int version, boolean wanted) {}

    private GuestSnapshot(
            RecordStore store,
            ChangeRequest request,
            Owner owner,
            @Nullable GuestRecord guest,
            int guestVersion,
            Map<String, Holding> holdings) {
        this.store = store;
        this.request = request;
        this.owner = owner.content();
        this.ownerVersion = owner.version();
        this.guest = guest;
        this.guestVersion = guestVersion;
        this.holdings = holdings;
    }

    private record Owner(@Nullable OwnerContent content, int version) {}

    static GuestSnapshot read(RecordStore store, ChangeRequest request)
            throws KeeperException, InterruptedException, UnreadableRecord {
        String name = request.event().guest();
        String ownerPath = store.nodes().owner(name);
        if (!request.concernsClaims()) {
            return new GuestSnapshot(store, request, owner(store.read(ownerPath)), null, ANY_VERSION, Map.of());
        }
        List<Node> both = store.read(List.of(ownerPath, store.nodes().guest(name)));
        Node guestNode = both.getLast();
        byte[] guestData = guestNode.data();
        GuestRecord guest = guestData == null ? null : RecordCodec.guest(guestNode.path(), guestData);
        Map<String, Holding> holdings = holdings(store, request, guest);
        return new GuestSnapshot(store, request, owner(both.getFirst()), guest, guestNode.version(), holdings);
    }

    OwnerView view() {
        List<String> foreign = new ArrayList<>();
        for (Holding holding : holdings.values()) {
            HolderRecord holder = holding.holder();
            if (holding.wanted() && holder != null && !isOurs(holder)) {
                foreign.add(holding.what() + " belongs to guest " + holder.guest());
            }
        }
        return new OwnerView(owner, ownerVersion, foreign);
    }

    /// @param version  that the decision was made on
    List<CuratorOp> write(int version, OwnerContent next, boolean claims) {
        List<CuratorOp> ops = new ArrayList<>();
        if (claims) {
            ops.addAll(writeGuest());
            holdings.forEach((path, holding) -> ops.addAll(
                    holding.wanted() ? take(path, holding, next.record().epoch()) : giveUp(path, holding)));
        }
        String path = store.nodes().owner(request.event().guest());
        byte[] data = RecordCodec.owner(next);
        ops.add(version == OwnerView.ABSENT ? store.create(path, data) : store.set(path, version, data));
        return ops;
    }

    List<CuratorOp> remove(int version) {
        List<CuratorOp> ops = new ArrayList<>();
        holdings.forEach((path, holding) -> ops.addAll(giveUp(path, holding)));
        String name = request.event().guest();
        ops.add(store.delete(store.nodes().owner(name), version));
        ops.add(store.delete(store.nodes().guest(name), guestVersion));
        return ops;
    }

    private List<CuratorOp> writeGuest() {
        String specification =
                request.specification() != null ? request.specification() : guest == null ? "" : guest.specification();
        Claims claims = request.claims() == null ? new Claims(Set.of(), Set.of()) : request.claims();
        GuestRecord next = new GuestRecord(specification, claims);
        if (next.equals(guest)) {
            return List.of();
        }
        String path = store.nodes().guest(request.event().guest());
        byte[] data = RecordCodec.guest(next);
        return List.of(guest == null ? store.create(path, data) : store.set(path, guestVersion, data));
    }

    private List<CuratorOp> take(String path, Holding holding, long epoch) {
        byte[] data = RecordCodec.holder(new HolderRecord(request.event().guest(), epoch));
        if (holding.holder() != null) {
            return List.of(store.set(path, holding.version(), data));
        }
        String image = holding.image();
        return image == null
                ? List.of(store.create(path, data))
                : List.of(store.create(store.nodes().image(image), new byte[0]), store.create(path, data));
    }

    private List<CuratorOp> giveUp(String path, Holding holding) {
        HolderRecord holder = holding.holder();
        if (holder == null || !isOurs(holder)) {
            return List.of();
        }
        String image = holding.image();
        CuratorOp delete = store.delete(path, holding.version());
        return image == null
                ? List.of(delete)
                : List.of(delete, store.delete(store.nodes().image(image), ANY_VERSION));
    }

    private boolean isOurs(HolderRecord holder) {
        return holder.guest().equals(request.event().guest());
    }

    private static Owner owner(Node node) throws UnreadableRecord {
        byte[] data = node.data();
        return data == null
                ? new Owner(null, OwnerView.ABSENT)
                : new Owner(RecordCodec.owner(node.path(), data), node.version());
    }

    private static Map<String, Holding> holdings(RecordStore store, ChangeRequest request, @Nullable GuestRecord guest)
            throws KeeperException, InterruptedException, UnreadableRecord {
        Claims none = new Claims(Set.of(), Set.of());
        Claims wanted = request.claims() == null ? none : request.claims();
        Claims present = guest == null ? none : guest.claims();
        Map<String, Holding> found = new TreeMap<>();
        for (String image : union(wanted.images(), present.images())) {
            boolean isWanted = wanted.images().contains(image);
            found.put(store.nodes().imageOwner(image), new Holding("Image " + image, image, null, -1, isWanted));
        }
        for (String address : union(wanted.addresses(), present.addresses())) {
            boolean isWanted = wanted.addresses().contains(address);
            found.put(store.nodes().address(address), new Holding("Address " + address, null, null, -1, isWanted));
        }
        for (Node node : store.read(List.copyOf(found.keySet()))) {
            byte[] data = node.data();
            Holding blank = found.get(node.path());
            if (data != null && blank != null) {
                HolderRecord holder = RecordCodec.holder(node.path(), data);
                found.put(
                        node.path(), new Holding(blank.what(), blank.image(), holder, node.version(), blank.wanted()));
            }
        }
        return found;
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        Set<String> all = new TreeSet<>(one);
        all.addAll(other);
        return all;
    }
}
