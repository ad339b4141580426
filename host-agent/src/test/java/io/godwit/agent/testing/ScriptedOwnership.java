package io.godwit.agent.testing;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.function.Function;

/// Records that answer as a test tells them to, and note what they were asked.
public final class ScriptedOwnership implements Ownership {
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final Queue<OwnershipException> failures = new ArrayDeque<>();
    private final Queue<Verdict> verdicts = new ArrayDeque<>();
    private final Map<String, GuestEntry> guests = new HashMap<>();
    private final Map<String, HostEntry> hosts = new HashMap<>();
    private boolean connected = true;
    private Function<LeaseRenewals, LeaseRenewals.Renewing> renewals = _ -> () -> {};
    private volatile FailoverSwitch failover = FailoverSwitch.UNTOUCHED;

    /// The changes that were asked for, in their order.
    public List<String> calls() {
        return List.copyOf(calls);
    }

    /// Lets the next change fail.
    public synchronized void fail(OwnershipException failure) {
        failures.add(failure);
    }

    /// What the next question for a verdict is answered with.
    public synchronized void answer(Verdict verdict) {
        verdicts.add(verdict);
    }

    public void put(GuestEntry entry) {
        guests.put(entry.guest(), entry);
    }

    public void put(HostEntry entry) {
        hosts.put(entry.host(), entry);
    }

    public void disconnect() {
        connected = false;
    }

    /// How the lease is renewed; not at all unless told.
    public void renew(Function<LeaseRenewals, LeaseRenewals.Renewing> how) {
        renewals = how;
    }

    /// Another host's operator turns the switch.
    public void turn(boolean on) {
        failover = new FailoverSwitch(on, "somebody", 1_700_000_000_000L, failover.version() + 1);
    }

    private synchronized void change(String call) throws OwnershipException {
        calls.add(call);
        OwnershipException failure = failures.poll();
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized Verdict verdict(String call) {
        calls.add(call);
        return verdicts.remove();
    }

    @Override
    public void announceHost(HostEntry self) throws OwnershipException {
        change("announceHost " + self.host());
    }

    @Override
    public void announceLease(long takeoverWaitMs) throws OwnershipException {
        change("announceLease " + takeoverWaitMs);
    }

    @Override
    public FailoverSwitch failover() {
        return failover;
    }

    @Override
    public FailoverSwitch setFailover(boolean on, String by) throws OwnershipException {
        change("setFailover " + (on ? "on" : "off") + " " + by);
        failover = new FailoverSwitch(on, by, 1_700_000_000_000L, failover.version() + 1);
        return failover;
    }

    @Override
    public List<HostEntry> hosts() {
        return List.copyOf(hosts.values());
    }

    @Override
    public Optional<HostEntry> host(String host) {
        return Optional.ofNullable(hosts.get(host));
    }

    @Override
    public List<GuestEntry> guests() {
        return List.copyOf(guests.values());
    }

    @Override
    public Optional<GuestEntry> guest(String guest) {
        return Optional.ofNullable(guests.get(guest));
    }

    @Override
    public long claim(String guest, String specification, Claims claims) throws OwnershipException {
        change("claim " + guest);
        return 1;
    }

    @Override
    public long takeOver(String guest, String dead, int deadVersion, long epoch, Debt debt) throws OwnershipException {
        change("takeOver " + guest + " " + dead + " " + deadVersion + " " + epoch + " " + debt.attempts());
        return epoch + 1;
    }

    @Override
    public long claimOwed(String guest, Debt debt) throws OwnershipException {
        change("claimOwed " + guest + " " + debt.attempts());
        return 1;
    }

    @Override
    public long claimAgain(String guest) throws OwnershipException {
        change("claimAgain " + guest);
        return 1;
    }

    @Override
    public void stoppedOwing(String guest, long epoch, Debt debt) throws OwnershipException {
        change("stoppedOwing " + guest + " " + epoch + " " + debt.attempts() + " " + debt.lastError());
    }

    @Override
    public void owe(String guest, int version, Debt debt) throws OwnershipException {
        change("owe " + guest + " " + version + " " + debt);
    }

    @Override
    public void paid(String guest, long epoch) throws OwnershipException {
        change("paid " + guest + " " + epoch);
    }

    @Override
    public boolean coordinates() {
        return false;
    }

    @Override
    public String bootId() {
        return "boot";
    }

    @Override
    public void sync() {}

    @Override
    public List<HostSighting> hostSightings() {
        return hosts.values().stream().map(host -> new HostSighting(host, 0)).toList();
    }

    @Override
    public void stopped(String guest, long epoch) throws OwnershipException {
        change("stopped " + guest + " " + epoch);
    }

    @Override
    public void forget(String guest) throws OwnershipException {
        change("forget " + guest);
    }

    @Override
    public void beginHandover(String guest, long epoch, String target, UUID migration) throws OwnershipException {
        change("beginHandover " + guest + " " + epoch + " " + target + " " + migration);
    }

    @Override
    public Verdict takeBack(String guest, UUID migration) {
        return verdict("takeBack " + guest + " " + migration);
    }

    @Override
    public PreparedCommit prepareCommit(String guest, UUID migration, Claims claims) {
        return () -> commit(guest, migration, claims);
    }

    @Override
    public Verdict commit(String guest, UUID migration, Claims claims) {
        return verdict("commit " + guest + " " + migration);
    }

    @Override
    public Verdict settle(String guest) {
        return verdict("settle " + guest);
    }

    @Override
    public LeaseRenewals.Renewing renewLease(Duration interval, LeaseRenewals listener) {
        return renewals.apply(listener);
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public void close() {}
}
