package io.godwit.storage.handover;

import io.godwit.storage.OwnershipException.Kind;
import org.jspecify.annotations.Nullable;

/// One change of an owner record, from the first look to a certain outcome, whatever answers get lost.
///
/// ```
///              Seen, change wanted                Applied
///   Read ------------------------------> Write ------------> Done(Held)
///    ^  \                                 |  |
///    |   \  Seen, refused                 |  | Conflict, NoAnswer
///    |    `--------------> Check or ------'  |
///    |                     unchanged Write   |
///    `------------- Wait <-------------------'
/// ```
///
/// Three rules make it right:
///
/// - A write compares the version that was read, so sending it again is harmless: of two copies one is applied.
/// - No answer is no outcome. The record is read again, and says itself ([OwnerContent#cause], the migration in a
///   handover) whether the lost write was applied.
/// - A read alone decides nothing that could have changed since, for a follower may answer late: a refusal is
///   confirmed by a quorum at the version that was read, and where a straying write of this host could still
///   arrive, the record is written unchanged, which makes the stray's version wrong for ever.
public final class OwnerChange implements ChangeProcess {
    /// Conflicts in a row that are answered by looking again at once. More of them mean a follower that lags or
    /// somebody who is faster, and waiting is better.
    private static final int CONFLICTS_UNWAITED = 2;

    private final OwnerEvent event;

    private ChangeAction last = new ChangeAction.Read();
    private @Nullable OwnerContent seen;
    private @Nullable Conclusion ifApplied;
    private boolean writeLost;
    private int conflicts;
    private int attempts;

    public OwnerChange(OwnerEvent event) {
        this.event = event;
    }

    @Override
    public ChangeAction start() {
        return ask(new ChangeAction.Read());
    }

    @Override
    public ChangeAction on(ChangeAnswer answer) {
        return switch (last) {
            case ChangeAction.Read _ -> onRead(answer);
            case ChangeAction.Write _, ChangeAction.Remove _, ChangeAction.Check _ -> onWritten(answer);
            case ChangeAction.Wait _ -> onWaited(answer);
            case ChangeAction.Done _ -> throw unexpected(answer);
        };
    }

    private ChangeAction onRead(ChangeAnswer answer) {
        return switch (answer) {
            case ChangeAnswer.Seen(OwnerView view) -> decide(view);
            case ChangeAnswer.Unreadable(String reason) -> onUnreadable(reason);
            case ChangeAnswer.NoAnswer(String reason) -> waitFor(reason);
            case ChangeAnswer.Applied _, ChangeAnswer.Conflict _, ChangeAnswer.Waited _ -> throw unexpected(answer);
        };
    }

    private ChangeAction onWritten(ChangeAnswer answer) {
        return switch (answer) {
            case ChangeAnswer.Applied _ -> done();
            case ChangeAnswer.Conflict _ -> {
                conflicts++;
                yield conflicts <= CONFLICTS_UNWAITED
                        ? ask(new ChangeAction.Read())
                        : waitFor("the records keep changing");
            }
            case ChangeAnswer.NoAnswer(String reason) -> {
                writeLost |= !(last instanceof ChangeAction.Check);
                yield waitFor(reason);
            }
            case ChangeAnswer.Seen _, ChangeAnswer.Unreadable _, ChangeAnswer.Waited _ -> throw unexpected(answer);
        };
    }

    private ChangeAction onWaited(ChangeAnswer answer) {
        return switch (answer) {
            case ChangeAnswer.Waited _ -> ask(new ChangeAction.Read());
            case ChangeAnswer.Seen _,
                    ChangeAnswer.Unreadable _,
                    ChangeAnswer.Applied _,
                    ChangeAnswer.Conflict _,
                    ChangeAnswer.NoAnswer _ -> throw unexpected(answer);
        };
    }

    private ChangeAction decide(OwnerView view) {
        seen = view.content();
        int version = view.version();
        return switch (OwnerTransitions.apply(view, event)) {
            case OwnerOutcome.Change(OwnerContent next, boolean claims) -> {
                ifApplied = new Conclusion.Held(next);
                yield ask(new ChangeAction.Write(version, next, claims));
            }
            case OwnerOutcome.Remove(long retires) -> {
                ifApplied = new Conclusion.Removed();
                yield ask(new ChangeAction.Remove(version, retires));
            }
            case OwnerOutcome.Keep(OwnerContent content, boolean fence) -> {
                ifApplied = new Conclusion.Held(content);
                yield fence ? ask(new ChangeAction.Write(version, content, false)) : done();
            }
            case OwnerOutcome.Refuse refusal -> refuse(refusal, view);
        };
    }

    private ChangeAction refuse(OwnerOutcome.Refuse refusal, OwnerView view) {
        OwnerContent content = view.content();
        if (writeLost && isDoneSince(content)) {
            ifApplied = content == null ? new Conclusion.Removed() : new Conclusion.Held(content);
            return done();
        }
        ifApplied = new Conclusion.Denied(refusal.kind(), refusal.reason(), content);
        return content != null && refusal.fence()
                ? ask(new ChangeAction.Write(view.version(), content, false))
                : ask(new ChangeAction.Check(view.version()));
    }

    /// A change whose answer got lost can have been applied and then followed by another host's: what was stopped
    /// has been started elsewhere or removed, what was removed is gone.
    private boolean isDoneSince(@Nullable OwnerContent content) {
        return switch (event) {
            case OwnerEvent.Stop stop -> content == null || content.record().epoch() > stop.epoch();
            case OwnerEvent.Forget _ -> content == null;
            case OwnerEvent.Claim _,
                    OwnerEvent.TakeOver _,
                    OwnerEvent.BeginHandover _,
                    OwnerEvent.TakeBack _,
                    OwnerEvent.Commit _,
                    OwnerEvent.Settle _ -> false;
        };
    }

    /// A host that holds a paused guest must not guess at a record it cannot understand: it waits for an operator.
    private ChangeAction onUnreadable(String reason) {
        return switch (event) {
            case OwnerEvent.TakeBack _, OwnerEvent.Commit _, OwnerEvent.Settle _ -> waitFor(reason);
            case OwnerEvent.Claim _,
                    OwnerEvent.TakeOver _,
                    OwnerEvent.Stop _,
                    OwnerEvent.Forget _,
                    OwnerEvent.BeginHandover _ -> {
                if (writeLost) {
                    yield waitFor(reason);
                }
                ifApplied = new Conclusion.Denied(Kind.REFUSED, reason, null);
                yield done();
            }
        };
    }

    private ChangeAction waitFor(String reason) {
        attempts++;
        return ask(new ChangeAction.Wait(attempts, reason));
    }

    private ChangeAction done() {
        if (ifApplied == null) {
            throw new IllegalStateException("A change ended before it was decided: " + event);
        }
        return ask(new ChangeAction.Done(ifApplied));
    }

    private ChangeAction ask(ChangeAction action) {
        last = action;
        return action;
    }

    private IllegalStateException unexpected(ChangeAnswer answer) {
        return new IllegalStateException("An answer does not belong to the action: " + answer + " to " + last
                + ", having seen " + OwnerTransitions.describe(seen));
    }
}
