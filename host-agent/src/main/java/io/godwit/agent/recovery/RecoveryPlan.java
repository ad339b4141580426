package io.godwit.agent.recovery;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What each host is to do about what it has of a guest, or why nothing is done: from the record and the findings
/// alone, without touching anything. A proposal only: time goes by until it reaches a host, whose agent therefore
/// asks the record again and acts on that.
///
/// | on the host            | RUNNING, the host's | HANDOVER from it | another host's or STOPPED | no record   |
/// |------------------------|---------------------|------------------|---------------------------|-------------|
/// | no answer              | UNANSWERED          | UNANSWERED       | UNANSWERED                | UNANSWERED  |
/// | busy with the guest    | WAIT                | WAIT             | WAIT                      | WAIT        |
/// | nothing                | RECORD_STOPPED      | RECORD_STOPPED   | NONE                      | NONE        |
/// | leftovers              | RECORD_STOPPED      | RECORD_STOPPED   | REMOVE_LEFTOVERS          | REMOVE_LEFTOVERS |
/// | mute process           | REFUSE              | REFUSE           | REFUSE                    | REFUSE      |
/// | running                | NONE                | TAKE_BACK        | DESTROY                   | REFUSE      |
/// | paused by its operator | NONE                | TAKE_BACK        | DESTROY                   | REFUSE      |
/// | paused by nobody       | RESUME              | TAKE_BACK        | DESTROY                   | REFUSE      |
/// | waiting for memory     | RECORD_STOPPED      | RECORD_STOPPED   | DESTROY                   | REFUSE      |
/// | ended                  | END                 | END              | DESTROY                   | REFUSE      |
///
/// Where this says NONE of a process but the agent has no charge of it in the record's epoch, it is TAKE_CHARGE.
/// The target of a handover counts as another host: until it has committed, the guest is not its own.
public final class RecoveryPlan {
    private RecoveryPlan() {}

    /// What is called for on a host.
    public enum Action {
        /// The host has what the record says.
        NONE,
        /// The agent is busy with the guest and will come to an end by itself.
        WAIT,
        /// The guest is the host's, and its agent has to look after it.
        TAKE_CHARGE,
        /// The guest is the host's, and was paused by a switchover that nobody finished.
        RESUME,
        /// The handover was left behind: its source takes the guest back, and runs it on.
        TAKE_BACK,
        /// The guest is the host's, but there is nothing that could run.
        RECORD_STOPPED,
        /// The guest has powered off, rebooted or crashed: what its file asks for.
        END,
        /// A copy that the record does not name.
        DESTROY,
        /// Files and taps without a process.
        REMOVE_LEFTOVERS,
        /// Something an operator has to look at.
        REFUSE,
        /// The host did not say what it has.
        UNANSWERED
    }

    /// @param reason a sentence; where nothing can be done, it says what to do instead
    public record Step(String host, Action action, String reason) {
        /// Whether the host's agent is to be asked to act.
        public boolean acts() {
            return switch (action) {
                case NONE, WAIT, REFUSE, UNANSWERED -> false;
                case TAKE_CHARGE, RESUME, TAKE_BACK, RECORD_STOPPED, END, DESTROY, REMOVE_LEFTOVERS -> true;
            };
        }

        /// Whether it takes away what may hold on to the guest's images, and so comes before all others.
        public boolean removes() {
            return action == Action.DESTROY || action == Action.REMOVE_LEFTOVERS;
        }
    }

    /// What the record gives a host.
    private enum Part {
        OWNER,
        SOURCE,
        STRANGER,
        UNRECORDED
    }

    /// One step a finding, in their order; one more if the record names an owner that is not among them.
    public static List<Step> of(Optional<OwnerRecord> record, List<Finding> findings) {
        List<Step> steps = new ArrayList<>();
        findings.forEach(finding -> steps.add(step(record, finding)));
        record.filter(owner -> !(owner.state() instanceof OwnerState.Stopped))
                .map(OwnerRecord::host)
                .filter(owner ->
                        findings.stream().noneMatch(finding -> finding.host().equals(owner)))
                .ifPresent(owner -> steps.add(new Step(
                        owner,
                        Action.UNANSWERED,
                        "The record names this host as the owner, but no agent has announced it. Start its agent: it"
                                + " settles what it has.")));
        return List.copyOf(steps);
    }

    private static Step step(Optional<OwnerRecord> record, Finding finding) {
        Part part = record.map(owner -> part(owner, finding.host())).orElse(Part.UNRECORDED);
        long epoch = record.map(OwnerRecord::epoch).orElse(0L);
        return switch (finding.what()) {
            case Finding.What.Silent silent -> step(finding, Action.UNANSWERED, silence(part, silent));
            case Finding.What.Busy busy ->
                step(finding, Action.WAIT, "It " + busy.doing() + ". Ask again when that has ended.");
            case Finding.What.NoProcess nothing -> withoutProcess(part, finding, nothing);
            case Finding.What.Mute _ ->
                step(
                        finding,
                        Action.REFUSE,
                        "Its process there does not answer, so nobody knows what it does. End that process by hand,"
                                + " then ask again.");
            case Finding.What.Live process ->
                switch (part) {
                    case OWNER -> own(finding, process, epoch);
                    case SOURCE -> handingOver(finding, process);
                    case STRANGER ->
                        step(finding, Action.DESTROY, "The record does not name this host: its copy must not run.");
                    case UNRECORDED ->
                        step(
                                finding,
                                Action.REFUSE,
                                "No record says whose the guest is. If this copy is not wanted, restart the agent"
                                        + " there: it destroys guests without a record.");
                };
        };
    }

    private static Part part(OwnerRecord record, String host) {
        if (!record.host().equals(host)) {
            return Part.STRANGER;
        }
        return switch (record.state()) {
            case OwnerState.Running _ -> Part.OWNER;
            case OwnerState.Handover _ -> Part.SOURCE;
            case OwnerState.Stopped _ -> Part.STRANGER;
        };
    }

    private static String silence(Part part, Finding.What.Silent silent) {
        String todo = switch (part) {
            case OWNER -> "The guest is this host's: start its agent, which looks after it.";
            case SOURCE ->
                "Only this host can take the guest back from the handover that was left behind: start its agent,"
                        + " which does.";
            case STRANGER, UNRECORDED -> "It may hold a copy, which its agent destroys when it starts: start it.";
        };
        return silent.reason() + ". " + todo;
    }

    private static Step withoutProcess(Part part, Finding finding, Finding.What.NoProcess nothing) {
        return switch (part) {
            case OWNER, SOURCE ->
                step(
                        finding,
                        Action.RECORD_STOPPED,
                        "The guest is recorded as this host's, but there is no process of it."
                                + " It is started again or recorded as stopped, as its file says.");
            case STRANGER, UNRECORDED ->
                nothing.leftovers()
                        ? step(finding, Action.REMOVE_LEFTOVERS, "A process that has ended left these behind.")
                        : step(finding, Action.NONE, "Nothing of it is here, and nothing should be.");
        };
    }

    private static Step own(Finding finding, Finding.What.Live process, long epoch) {
        return switch (process.state()) {
            case RUNNING -> inCharge(finding, process, epoch, "It runs here, as the record says.");
            case PAUSED ->
                process.pausedInEpoch() == epoch
                        ? inCharge(finding, process, epoch, "It is here, as the record says, paused by its operator.")
                        : step(finding, Action.RESUME, "It was paused by a switchover that nobody finished.");
            case INCOMING -> memoryLost(finding);
            case ENDED -> step(finding, Action.END, "It has ended: its file says what follows.");
        };
    }

    private static Step inCharge(Finding finding, Finding.What.Live process, long epoch, String well) {
        return process.epoch() == epoch
                ? step(finding, Action.NONE, well)
                : step(finding, Action.TAKE_CHARGE, "It is this host's, but the agent does not look after it.");
    }

    private static Step handingOver(Finding finding, Finding.What.Live process) {
        return switch (process.state()) {
            case RUNNING, PAUSED ->
                step(finding, Action.TAKE_BACK, "No migration is under way, but its handover was left behind.");
            case INCOMING -> memoryLost(finding);
            case ENDED -> step(finding, Action.END, "It has ended: its file says what follows.");
        };
    }

    private static Step memoryLost(Finding finding) {
        return step(
                finding,
                Action.RECORD_STOPPED,
                "The guest is recorded as this host's, but what is here waits for its memory, which is lost.");
    }

    private static Step step(Finding finding, Action action, String reason) {
        return new Step(finding.host(), action, reason);
    }
}
