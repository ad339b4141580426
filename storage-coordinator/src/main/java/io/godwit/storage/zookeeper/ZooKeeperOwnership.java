package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerChange;
import io.godwit.storage.handover.OwnerEvent;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.curator.framework.state.ConnectionState;
import org.jspecify.annotations.Nullable;

/// [Ownership] on ZooKeeper. Each method turns a call into an [OwnerEvent], has it carried through, and turns the
/// conclusion into an answer.
public final class ZooKeeperOwnership implements Ownership {
    /// A specification stands in one record with the guest's claims, escaped.
    static final int SPECIFICATION_BYTES_MAX = 256 * 1024;

    private final OwnershipSettings settings;
    private final RecordStore store;
    private final ChangeDriver driver;
    private final HostRegistry registry;
    private final Directory directory;
    private final Debts debts;
    private final Seat seat;
    private final FailoverRecord failover;
    private final CountDownLatch closed = new CountDownLatch(1);

    /// The handover each guest of this host was last in, so that a belated [#takeBack] cannot mistake a copy that
    /// came back later for the one it left behind. At most one entry for each guest that ever left.
    private final ConcurrentHashMap<String, Begun> begun = new ConcurrentHashMap<>();

    private record Begun(UUID migration, long epoch) {}

    ZooKeeperOwnership(
            OwnershipSettings settings,
            MeterRegistry meters,
            ProcessIdentity process,
            Function<OwnerEvent, ChangeProcess> processes)
            throws IOException {
        NodeNames.checkName("host name", settings.host());
        this.settings = settings;
        store = new RecordStore(settings);
        driver = new ChangeDriver(store, new OwnershipMeters(meters), processes, closed);
        AliveRecord self = new AliveRecord(settings.bootId(), process, UUID.randomUUID());
        registry = new HostRegistry(store, settings.host(), self, closed);
        directory = new Directory(store);
        debts = new Debts(store, settings.host(), closed);
        seat = new Seat(store, settings.host());
        failover = new FailoverRecord(store, closed);
        store.start((_, state) -> {
            if (state == ConnectionState.RECONNECTED) {
                registry.onReconnected();
            }
        });
    }

    /// See [Ownership#connect].
    public static ZooKeeperOwnership connect(OwnershipSettings settings, MeterRegistry meters) throws IOException {
        return new ZooKeeperOwnership(settings, meters, ProcessIdentity.ofThisProcess(), OwnerChange::new);
    }

    @Override
    public void announceHost(HostEntry self) throws OwnershipException, InterruptedException {
        registry.announce(self);
    }

    @Override
    public void announceLease(long takeoverWaitMs) throws OwnershipException, InterruptedException {
        registry.announceLease(takeoverWaitMs);
    }

    @Override
    public FailoverSwitch failover() throws OwnershipException {
        return failover.look();
    }

    @Override
    public FailoverSwitch setFailover(boolean on, String by) throws OwnershipException, InterruptedException {
        return failover.set(on, by, System.currentTimeMillis());
    }

    @Override
    public List<HostEntry> hosts() throws OwnershipException {
        return directory.hosts();
    }

    @Override
    public List<HostSighting> hostSightings() throws OwnershipException {
        return directory.hostSightings();
    }

    @Override
    public void sync() throws OwnershipException {
        directory.sync();
    }

    @Override
    public Optional<HostEntry> host(String host) throws OwnershipException {
        return directory.host(checked("host name", host));
    }

    @Override
    public List<GuestEntry> guests() throws OwnershipException {
        return directory.guests();
    }

    @Override
    public Optional<GuestEntry> guest(String guest) throws OwnershipException {
        return directory.guest(checked("guest name", guest));
    }

    @Override
    public long claim(String guest, String specification, Claims claims)
            throws OwnershipException, InterruptedException {
        checked("guest name", guest);
        if (specification.getBytes(StandardCharsets.UTF_8).length > SPECIFICATION_BYTES_MAX) {
            throw new OwnershipException(
                    Kind.REFUSED,
                    "The specification of guest " + guest + " is longer than " + SPECIFICATION_BYTES_MAX + " bytes");
        }
        Claims canonical;
        try {
            canonical = ClaimNames.canonical(claims);
        } catch (IllegalArgumentException e) {
            throw new OwnershipException(Kind.REFUSED, String.valueOf(e.getMessage()), e);
        }
        OwnerEvent event = new OwnerEvent.Claim(guest, settings.host(), settings.bootId(), UUID.randomUUID());
        return epoch(bounded(new ChangeRequest(event, canonical, specification, new DebtChange.Clear())));
    }

    @Override
    public boolean coordinates() throws OwnershipException, InterruptedException {
        return seat.taken();
    }

    @Override
    public String bootId() {
        return settings.bootId();
    }

    @Override
    public long claimAgain(String guest) throws OwnershipException, InterruptedException {
        checked("guest name", guest);
        // A guest that is gone must not come back as one without a specification.
        if (directory.guest(guest).isEmpty()) {
            throw new OwnershipException(Kind.UNKNOWN, "There is no guest of this name: " + guest);
        }
        OwnerEvent event = new OwnerEvent.Claim(guest, settings.host(), settings.bootId(), UUID.randomUUID());
        return epoch(bounded(ChangeRequest.of(event, new DebtChange.Clear())));
    }

    @Override
    public long claimOwed(String guest, Debt debt) throws OwnershipException, InterruptedException {
        checked("guest name", guest);
        OwnerEvent event = new OwnerEvent.Claim(guest, settings.host(), settings.bootId(), UUID.randomUUID());
        return epoch(bounded(ChangeRequest.of(event, new DebtChange.Continue(debt))));
    }

    @Override
    public long takeOver(String guest, String dead, int deadVersion, long epoch, Debt debt)
            throws OwnershipException, InterruptedException {
        checked("guest name", guest);
        checked("host name", dead);
        OwnerEvent event = new OwnerEvent.TakeOver(
                guest, settings.host(), settings.bootId(), dead, deadVersion, epoch, UUID.randomUUID());
        return epoch(bounded(ChangeRequest.of(event, new DebtChange.Note(debt))));
    }

    @Override
    public void owe(String guest, int version, Debt debt) throws OwnershipException, InterruptedException {
        debts.owe(checked("guest name", guest), version, debt);
    }

    @Override
    public void paid(String guest, long epoch) throws OwnershipException, InterruptedException {
        debts.paid(checked("guest name", guest), epoch);
    }

    @Override
    public void stopped(String guest, long epoch) throws OwnershipException, InterruptedException {
        OwnerEvent event = new OwnerEvent.Stop(checked("guest name", guest), settings.host(), epoch);
        bounded(ChangeRequest.of(event, new DebtChange.Clear()));
    }

    @Override
    public void stoppedOwing(String guest, long epoch, Debt debt) throws OwnershipException, InterruptedException {
        OwnerEvent event = new OwnerEvent.Stop(checked("guest name", guest), settings.host(), epoch);
        bounded(ChangeRequest.of(event, new DebtChange.Note(debt)));
    }

    @Override
    public void forget(String guest) throws OwnershipException, InterruptedException {
        bounded(ChangeRequest.of(new OwnerEvent.Forget(checked("guest name", guest), settings.host())));
        begun.remove(guest);
    }

    @Override
    public void beginHandover(String guest, long epoch, String target, UUID migration)
            throws OwnershipException, InterruptedException {
        checked("guest name", guest);
        checked("host name", target);
        begun.put(guest, new Begun(migration, epoch));
        bounded(ChangeRequest.of(new OwnerEvent.BeginHandover(guest, settings.host(), epoch, target, migration)));
    }

    @Override
    public Verdict takeBack(String guest, UUID migration) throws InterruptedException {
        NodeNames.checkName("guest name", guest);
        Begun left = begun.get(guest);
        OptionalLong epoch = left != null && left.migration().equals(migration)
                ? OptionalLong.of(left.epoch())
                : OptionalLong.empty();
        return endless(ChangeRequest.of(new OwnerEvent.TakeBack(guest, settings.host(), migration, epoch)));
    }

    @Override
    public Verdict commit(String guest, UUID migration, Claims claims) throws InterruptedException {
        return endless(commitRequest(guest, migration, claims));
    }

    @Override
    public PreparedCommit prepareCommit(String guest, UUID migration, Claims claims) throws InterruptedException {
        ChangeRequest request = commitRequest(guest, migration, claims);
        AtomicReference<@Nullable GuestSnapshot> ahead = new AtomicReference<>(driver.readAhead(request));
        return () -> endless(request, ahead.getAndSet(null));
    }

    private ChangeRequest commitRequest(String guest, UUID migration, Claims claims) {
        NodeNames.checkName("guest name", guest);
        OwnerEvent event = new OwnerEvent.Commit(guest, settings.host(), settings.bootId(), migration);
        return new ChangeRequest(event, ClaimNames.canonical(claims), null, new DebtChange.Untouched());
    }

    @Override
    public Verdict settle(String guest) throws InterruptedException {
        NodeNames.checkName("guest name", guest);
        return endless(ChangeRequest.of(new OwnerEvent.Settle(guest, settings.host())));
    }

    @Override
    public LeaseRenewals.Renewing renewLease(Duration interval, LeaseRenewals listener) {
        return LeaseRenewal.start(store, store.nodes().alive(settings.host()), interval, listener);
    }

    @Override
    public boolean connected() {
        return closed.getCount() > 0 && store.connected();
    }

    @Override
    public void close() {
        closed.countDown();
        registry.close();
        store.close();
    }

    RecordStore store() {
        return store;
    }

    private Conclusion bounded(ChangeRequest request) throws OwnershipException, InterruptedException {
        Conclusion conclusion = driver.run(request, Deadline.after(store.sessionTimeoutNanos()));
        return switch (conclusion) {
            case Conclusion.Held _, Conclusion.Removed _ -> conclusion;
            case Conclusion.Denied(Kind kind, String reason, var _) -> throw new OwnershipException(kind, reason);
        };
    }

    private static long epoch(Conclusion conclusion) {
        return switch (conclusion.verdict()) {
            case Verdict.Mine(long epoch) -> epoch;
            case Verdict.NotMine _ -> throw new IllegalStateException("A claim ended without an owner: " + conclusion);
        };
    }

    private Verdict endless(ChangeRequest request) throws InterruptedException {
        return endless(request, null);
    }

    private Verdict endless(ChangeRequest request, @Nullable GuestSnapshot ahead) throws InterruptedException {
        try {
            return driver.run(request, Deadline.never(), ahead).verdict();
        } catch (OwnershipException e) {
            throw new IllegalStateException("A change without a deadline ended undecided", e);
        }
    }

    private static String checked(String what, String name) throws OwnershipException {
        try {
            return NodeNames.checkName(what, name);
        } catch (IllegalArgumentException e) {
            throw new OwnershipException(Kind.REFUSED, String.valueOf(e.getMessage()), e);
        }
    }
}
