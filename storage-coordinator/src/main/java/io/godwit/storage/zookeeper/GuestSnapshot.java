package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import io.godwit.storage.handover.OwnerView;
import java.util.ArrayList;
import java.util.HashMap;
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
    private final Records records;
    private final Map<String, Holding> holdings;
    private final TakeoverGround ground;

    /// @param image    null for an address
    /// @param holder   null if nobody has it
    /// @param wanted   whether the guest is to own it afterwards
    private record Holding(
            String what, @Nullable String image, @Nullable HolderRecord holder, int version, boolean wanted) {}

    /// The guest's own nodes; what was not looked at is as if it were not there.
    private record Records(
            @Nullable OwnerContent owner,
            int ownerVersion,
            @Nullable GuestRecord guest,
            int guestVersion,
            @Nullable Debt debt,
            int debtVersion,
            EpochFloor floor) {}

    private GuestSnapshot(
            RecordStore store,
            ChangeRequest request,
            Records records,
            Map<String, Holding> holdings,
            TakeoverGround ground) {
        this.store = store;
        this.request = request;
        this.records = records;
        this.holdings = holdings;
        this.ground = ground;
    }

    static GuestSnapshot read(RecordStore store, ChangeRequest request)
            throws KeeperException, InterruptedException, UnreadableRecord {
        Records records = records(store, request);
        TakeoverGround ground = request.event() instanceof OwnerEvent.TakeOver takeOver
                ? TakeoverGround.read(store, takeOver)
                : TakeoverGround.none();
        Map<String, Holding> holdings = request.concernsClaims() ? holdings(store, request, records.guest()) : Map.of();
        return new GuestSnapshot(store, request, records, holdings, ground);
    }

    private static Records records(RecordStore store, ChangeRequest request)
            throws KeeperException, InterruptedException, UnreadableRecord {
        Nodes nodes = store.nodes();
        String name = request.event().guest();
        List<String> paths = new ArrayList<>(List.of(nodes.owner(name), nodes.epochFloor()));
        if (request.concernsDebt()) {
            paths.add(nodes.debt(name));
        }
        if (request.concernsClaims()) {
            paths.add(nodes.guest(name));
        }
        Map<String, Node> found = new HashMap<>();
        for (Node node : store.read(paths)) {
            found.put(node.path(), node);
        }
        Node owner = looked(found, nodes.owner(name));
        Node debt = looked(found, nodes.debt(name));
        Node guest = looked(found, nodes.guest(name));
        byte[] ownerData = owner.data();
        byte[] debtData = debt.data();
        byte[] guestData = guest.data();
        return new Records(
                ownerData == null ? null : RecordCodec.owner(owner.path(), ownerData),
                owner.version(),
                guestData == null ? null : RecordCodec.guest(guest.path(), guestData),
                guest.version(),
                debtData == null ? null : RecordCodec.debt(debt.path(), debtData),
                debt.version(),
                EpochFloor.of(looked(found, nodes.epochFloor())));
    }

    private static Node looked(Map<String, Node> found, String path) {
        return found.getOrDefault(path, new Node(path, null, ANY_VERSION, 0));
    }

    OwnerView view() {
        List<String> obstacles = new ArrayList<>(ground.obstacles());
        if (request.debt() instanceof DebtChange.Continue && records.debt() == null) {
            obstacles.add("Nothing is owed any more to guest " + request.event().guest());
        }
        if (request.specification() == null && records.guest() == null && request.event() instanceof OwnerEvent.Claim) {
            obstacles.add("There is no specification to start again: "
                    + request.event().guest());
        }
        for (Holding holding : holdings.values()) {
            HolderRecord holder = holding.holder();
            if (holding.wanted() && holder != null && !isOurs(holder)) {
                obstacles.add(holding.what() + " belongs to guest " + holder.guest());
            }
        }
        return new OwnerView(
                records.owner(),
                records.ownerVersion(),
                obstacles,
                records.floor().epoch());
    }

    /// @param version  that the decision was made on
    List<CuratorOp> write(int version, OwnerContent next, boolean claims) {
        List<CuratorOp> ops = new ArrayList<>();
        if (claims) {
            ops.addAll(ground.checks());
            ops.addAll(writeGuest(next.record().epoch()));
            holdings.forEach((path, holding) -> ops.addAll(
                    holding.wanted() ? take(path, holding, next.record().epoch()) : giveUp(path, holding)));
        }
        // The records of a guest that is forgotten and created anew begin at version 0 again. Their versions alone
        // would
        // let a write in that was sent before and strayed until after; but whoever forgets writes the floor.
        ops.addAll(records.floor().held(store, claims ? retired() : 0));
        String path = store.nodes().owner(request.event().guest());
        byte[] data = RecordCodec.owner(next);
        ops.add(version == OwnerView.ABSENT ? store.create(path, data) : store.set(path, version, data));
        // A record that is only written again says nothing new about debts.
        if (!next.equals(records.owner())) {
            ops.addAll(changeDebt());
        }
        return ops;
    }

    /// What a quorum has to confirm of what was read. The version alone would be confirmed of a guest too that was
    /// forgotten and created anew since, and has come as far as the one before.
    List<CuratorOp> confirm(int version) {
        List<CuratorOp> ops = new ArrayList<>();
        ops.add(store.check(store.nodes().owner(request.event().guest()), version));
        if (version != OwnerView.ABSENT && records.floor().version() >= 0) {
            ops.addAll(records.floor().held(store, 0));
        }
        return ops;
    }

    List<CuratorOp> remove(int version, long retires) {
        List<CuratorOp> ops = new ArrayList<>();
        holdings.forEach((path, holding) -> ops.addAll(giveUp(path, holding)));
        ops.addAll(records.floor().raised(store, Math.max(retires, retired())));
        String name = request.event().guest();
        ops.addAll(clearDebt());
        ops.add(store.delete(store.nodes().owner(name), version));
        ops.add(store.delete(store.nodes().guest(name), records.guestVersion()));
        return ops;
    }

    /// The greatest epoch of what the guest gives up.
    private long retired() {
        return holdings.values().stream()
                .filter(holding -> !holding.wanted())
                .map(Holding::holder)
                .filter(holder -> holder != null && isOurs(holder))
                .mapToLong(HolderRecord::epoch)
                .max()
                .orElse(0);
    }

    private List<CuratorOp> changeDebt() {
        return switch (request.debt()) {
            case DebtChange.Untouched _ -> List.of();
            case DebtChange.Clear _ -> clearDebt();
            case DebtChange.Note(Debt debt) -> noteDebt(debt);
            case DebtChange.Continue(Debt debt) -> noteDebt(debt);
        };
    }

    private List<CuratorOp> clearDebt() {
        String path = store.nodes().debt(request.event().guest());
        return records.debt() == null ? List.of() : List.of(store.delete(path, records.debtVersion()));
    }

    private List<CuratorOp> noteDebt(Debt debt) {
        String path = store.nodes().debt(request.event().guest());
        byte[] data = RecordCodec.debt(debt);
        return List.of(
                records.debt() == null ? store.create(path, data) : store.set(path, records.debtVersion(), data));
    }

    private List<CuratorOp> writeGuest(long epoch) {
        GuestRecord guest = records.guest();
        String specification =
                request.specification() != null ? request.specification() : guest == null ? "" : guest.specification();
        Claims claims = request.wanted(guest == null ? Claims.NONE : guest.claims());
        GuestRecord next = new GuestRecord(
                specification, claims, guest == null || records.owner() == null ? epoch : guest.firstEpoch());
        if (next.equals(guest)) {
            return List.of();
        }
        String path = store.nodes().guest(request.event().guest());
        byte[] data = RecordCodec.guest(next);
        return List.of(guest == null ? store.create(path, data) : store.set(path, records.guestVersion(), data));
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

    private static Map<String, Holding> holdings(RecordStore store, ChangeRequest request, @Nullable GuestRecord guest)
            throws KeeperException, InterruptedException, UnreadableRecord {
        Claims present = guest == null ? Claims.NONE : guest.claims();
        Claims wanted = request.wanted(present);
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
