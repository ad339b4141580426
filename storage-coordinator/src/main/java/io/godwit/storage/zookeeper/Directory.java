package io.godwit.storage.zookeeper;

import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.handover.OwnerContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads hosts and guests for display. Reads are tried again until the session timeout; nothing is decided by them.
final class Directory {
    private static final Logger log = LoggerFactory.getLogger(Directory.class);

    private final RecordStore store;

    Directory(RecordStore store) {
        this.store = store;
    }

    List<HostEntry> hosts() throws OwnershipException {
        return all(store.nodes().hosts(), this::readHost);
    }

    Optional<HostEntry> host(String host) throws OwnershipException {
        return one(host, this::readHost);
    }

    List<GuestEntry> guests() throws OwnershipException {
        return all(store.nodes().guests(), this::readGuest);
    }

    Optional<GuestEntry> guest(String guest) throws OwnershipException {
        return one(guest, this::readGuest);
    }

    List<HostSighting> hostSightings() throws OwnershipException {
        return all(store.nodes().hosts(), this::sight);
    }

    void sync() throws OwnershipException {
        patiently("The newest record", () -> {
            store.client().sync(store.nodes().root());
            return store;
        });
    }

    private Optional<HostEntry> readHost(String host) throws KeeperException, InterruptedException, UnreadableRecord {
        return sight(host).map(HostSighting::host);
    }

    private Optional<HostSighting> sight(String host) throws KeeperException, InterruptedException, UnreadableRecord {
        List<Node> both =
                store.read(List.of(store.nodes().host(host), store.nodes().alive(host)));
        byte[] data = both.getFirst().data();
        return data == null
                ? Optional.empty()
                : Optional.of(new HostSighting(
                        RecordCodec.host(
                                both.getFirst().path(),
                                data,
                                host,
                                both.getLast().exists()),
                        both.getFirst().version()));
    }

    private Optional<GuestEntry> readGuest(String guest)
            throws KeeperException, InterruptedException, UnreadableRecord {
        List<Node> all = store.read(List.of(
                store.nodes().guest(guest),
                store.nodes().owner(guest),
                store.nodes().debt(guest)));
        Node ownerNode = all.get(1);
        byte[] guestData = all.getFirst().data();
        byte[] debtData = all.getLast().data();
        byte[] ownerData = ownerNode.data();
        if (guestData == null || ownerData == null) {
            return Optional.empty();
        }
        GuestRecord record = RecordCodec.guest(all.getFirst().path(), guestData);
        OwnerContent owner = RecordCodec.owner(ownerNode.path(), ownerData);
        return Optional.of(new GuestEntry(
                guest,
                record.specification(),
                record.claims(),
                owner.record(),
                ownerNode.version(),
                record.firstEpoch(),
                debtData == null ? null : RecordCodec.debt(all.getLast().path(), debtData)));
    }

    /// One record that cannot be understood must not hide all the others.
    private <T> List<T> all(String parent, Reader<T> reader) throws OwnershipException {
        List<T> entries = new ArrayList<>();
        for (String node : patiently(parent, () -> store.children(parent))) {
            try {
                String name = NodeNames.decode(node);
                patiently(name, () -> reader.read(name)).ifPresent(entries::add);
            } catch (IllegalArgumentException | UnreadableRecord e) {
                log.warn("A record is left out of a list because it cannot be understood: {}", e.getMessage());
            }
        }
        return entries;
    }

    private <T> Optional<T> one(String name, Reader<T> reader) throws OwnershipException {
        try {
            return patiently(name, () -> reader.read(name));
        } catch (UnreadableRecord e) {
            throw new OwnershipException(Kind.REFUSED, e.reason(), e);
        }
    }

    /// @param what  for the operator's sentence
    private <T, E extends Exception> T patiently(String what, Attempt<T, E> read) throws OwnershipException, E {
        Deadline deadline = Deadline.after(store.sessionTimeoutNanos());
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    return read.get();
                } catch (KeeperException.NoAuthException e) {
                    throw new OwnershipException(Kind.REFUSED, what + " cannot be read: " + RecordStore.words(e), e);
                } catch (KeeperException e) {
                    if (deadline.isOver()) {
                        throw new OwnershipException(
                                Kind.UNDECIDED, what + " cannot be read: " + store.explained(e), e);
                    }
                }
                Thread.sleep(deadline.atMost(ChangeDriver.backOff(attempt)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OwnershipException(Kind.UNDECIDED, "Reading was interrupted: " + what, e);
        }
    }

    @FunctionalInterface
    private interface Attempt<T, E extends Exception> {
        T get() throws KeeperException, InterruptedException, E;
    }

    @FunctionalInterface
    private interface Reader<T> {
        Optional<T> read(String name) throws KeeperException, InterruptedException, UnreadableRecord;
    }
}
