package io.godwit.storage;

import io.godwit.storage.zookeeper.ZooKeeperOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// The records of who owns what, as seen and changed by one host. Every change is one ZooKeeper `multi` that
/// compares the version of the guest's owner record, so two hosts can never both succeed.
///
/// Methods that throw [OwnershipException] of kind UNDECIDED have tried to read the outcome back within the
/// session timeout and failed; a last request under way can add two thirds of it. [#takeBack], [#commit] and
/// [#settle] never end undecided: they wait, until they are interrupted (ask again, or [#settle]) or this is
/// closed ([IllegalStateException]).
///
/// Names of guests and hosts are at most 255 bytes, images are absolute paths, addresses IP literals. What is none
/// of that is REFUSED, or an [IllegalArgumentException] where no [OwnershipException] is declared.
public interface Ownership extends AutoCloseable {

    /// Starts to connect and returns at once: whether ZooKeeper answers shows at the first call, and in
    /// [#connected].
    ///
    /// @param meters  receives `godwit.ownership.*`
    /// @throws IOException if this process cannot find out its own identity in `/proc`, or the files of the access
    ///                     cannot be used
    static Ownership connect(OwnershipSettings settings, MeterRegistry meters) throws IOException {
        return ZooKeeperOwnership.connect(settings, meters);
    }

    /// Records this host, or brings its record up to date. The `alive` hint lasts as long as the session.
    ///
    /// What it says of the lease is taken from `self` only the first time; after that [#announceLease] alone
    /// changes it, so that nobody puts back what was true a moment ago.
    ///
    /// @throws OwnershipException REFUSED if another live agent has this name
    void announceHost(HostEntry self) throws OwnershipException, InterruptedException;

    /// Has this host's record say whether the lease is enforced here; the host must have been announced. Success
    /// means that the record says so from then on, also in sessions to come.
    ///
    /// The order is the proof: a host enforces *before* it is recorded, and stops only *after* this has returned
    /// from recording 0.
    ///
    /// @param takeoverWaitMs as [HostEntry#leaseTakeoverWaitMs]
    /// @throws OwnershipException UNDECIDED if the record may say either
    void announceLease(long takeoverWaitMs) throws OwnershipException, InterruptedException;

    /// Where the cluster's switch stands, perhaps a little ago.
    ///
    /// @throws OwnershipException REFUSED if its record cannot be understood
    FailoverSwitch failover() throws OwnershipException;

    /// Turns the cluster's switch. Done already is success, and changes nothing.
    ///
    /// @param by in an operator's words, at most [FailoverSwitch#BY_LENGTH_MAX] characters
    /// @throws OwnershipException UNDECIDED if it may have been turned; ask again
    FailoverSwitch setFailover(boolean on, String by) throws OwnershipException, InterruptedException;

    List<HostEntry> hosts() throws OwnershipException;

    /// Every host, each with the version of its record.
    List<HostSighting> hostSightings() throws OwnershipException;

    Optional<HostEntry> host(String host) throws OwnershipException;

    List<GuestEntry> guests() throws OwnershipException;

    Optional<GuestEntry> guest(String guest) throws OwnershipException;

    /// Creates the guest's records with this host as owner, RUNNING, in an epoch above all that were ever
    /// retired; or, if the guest is STOPPED, takes it: RUNNING, in a greater epoch, with the new specification.
    /// Its images and addresses with it. Nothing is owed to the guest from then on.
    ///
    /// @return the epoch
    /// @throws OwnershipException REFUSED if the guest runs, or another guest owns one of its images or addresses
    long claim(String guest, String specification, Claims claims) throws OwnershipException, InterruptedException;

    /// Takes over what a dead host left behind: RUNNING(dead, epoch) or HANDOVER(dead to any host, epoch) to
    /// RUNNING(this host, epoch + 1), the specification, images and addresses as they are, and the debt noted; all
    /// in one write. The guest has to be started afresh. Whoever asks has made sure that nothing of the guest runs
    /// on the dead host any more, or can write: see [LeaseTimes#takeoverWaitMs].
    ///
    /// @param dead         the host, whose `alive` node is gone
    /// @param deadVersion  of its record when that was found ([HostSighting#version]): if the host was announced
    ///                     since, the takeover is refused
    /// @param debt         what the cluster owes the guest from here on
    /// @return the epoch
    /// @throws OwnershipException REFUSED also if failover is switched off, or the dead host did not enforce its
    ///                            lease
    long takeOver(String guest, String dead, int deadVersion, long epoch, Debt debt)
            throws OwnershipException, InterruptedException;

    /// Claims a STOPPED guest that the cluster owes a start, with the specification, images and addresses as
    /// they are.
    ///
    /// @param debt  what is noted in the same write
    /// @return the epoch
    /// @throws OwnershipException REFUSED if the guest runs or nothing is owed to it any more
    long claimOwed(String guest, Debt debt) throws OwnershipException, InterruptedException;

    /// As [#stopped], and notes in the same write that the cluster owes the guest a start.
    void stoppedOwing(String guest, long epoch, Debt debt) throws OwnershipException, InterruptedException;

    /// Notes a debt, and changes nothing else.
    ///
    /// @param version  of the owner record that the debt is about: if it has changed since, this is refused
    void owe(String guest, int version, Debt debt) throws OwnershipException, InterruptedException;

    /// The guest runs here in this epoch, and nothing is owed to it any more. Done already is success.
    void paid(String guest, long epoch) throws OwnershipException, InterruptedException;

    /// Whether this host is the cluster's coordinator just now. Takes the seat if nobody has it. This only spares
    /// the others the work: no right follows from it, and two hosts may both believe that they have it.
    ///
    /// @throws OwnershipException if that could not be found out
    boolean coordinates() throws OwnershipException, InterruptedException;

    /// Of the kernel this host runs on: a guest whose record names another boot did not survive it.
    String bootId();

    /// Has this host's server catch up with its leader, so that reads from here on show what was written
    /// before.
    void sync() throws OwnershipException;

    /// Claims a STOPPED guest once more, with the specification, images and addresses as they are. Nothing is owed
    /// to the guest from then on.
    ///
    /// @return the epoch
    /// @throws OwnershipException REFUSED if the guest runs, UNKNOWN if there are no records of it
    long claimAgain(String guest) throws OwnershipException, InterruptedException;

    /// RUNNING(this host) to STOPPED, and nothing is owed. The guest must not run any more when this is called.
    /// Done already is success.
    void stopped(String guest, long epoch) throws OwnershipException, InterruptedException;

    /// Removes the records of a STOPPED guest and gives up its images and addresses.
    void forget(String guest) throws OwnershipException, InterruptedException;

    /// RUNNING(this host, epoch) to HANDOVER(this host to target), for this migration. Done already is success.
    void beginHandover(String guest, long epoch, String target, UUID migration)
            throws OwnershipException, InterruptedException;

    /// HANDOVER(this host to target, migration) back to RUNNING(this host), the epoch unchanged; if the target
    /// has committed already, says so. Waits, however long, until the record's content is known. Idempotent.
    Verdict takeBack(String guest, UUID migration) throws InterruptedException;

    /// HANDOVER(source to this host, migration) to RUNNING(this host, epoch + 1), images and addresses with it;
    /// if the source has taken it back, says so. Waits, however long, until the record's content is known.
    /// Idempotent.
    Verdict commit(String guest, UUID migration, Claims claims) throws InterruptedException;

    /// Reads ahead what a [#commit] has to read, so that it has only to write when the time comes. Changes nothing
    /// and promises nothing: what is written is written only if none of it has changed since, and is read again
    /// otherwise.
    ///
    /// @return the commit, to be asked for as often as wanted; without an answer of ZooKeeper, one that reads
    PreparedCommit prepareCommit(String guest, UUID migration, Claims claims) throws InterruptedException;

    /// A [#commit] that may have been read ahead.
    @FunctionalInterface
    interface PreparedCommit {
        /// As [Ownership#commit].
        Verdict commit() throws InterruptedException;
    }

    /// Reads who owns the guest now, for an agent that found it after a restart. Waits until the content is
    /// known. A HANDOVER in which this host is the source is taken back first; one in which it is the target is
    /// [Verdict.NotMine].
    Verdict settle(String guest) throws InterruptedException;

    /// Confirms this host's session by a write each interval, from now until the answer is closed, and tells how
    /// each went. Goes on through lost connections and new sessions; a renewal that fails is not repeated before
    /// its turn.
    LeaseRenewals.Renewing renewLease(Duration interval, LeaseRenewals listener);

    /// Whether ZooKeeper answered within the last session timeout: for `doctor` and for refusing early.
    boolean connected();

    @Override
    void close();
}
