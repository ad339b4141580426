package io.godwit.storage.handover;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState.Handover;
import io.godwit.storage.OwnerRecord.OwnerState.Running;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.OwnershipException.Kind;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Every legal transition of an owner record. `x` is the host that asks, `h` the owner, `t` a handover's
/// target, `m` its migration, `e` the epoch, `f` the floor of epochs. What is not in the table is refused and
/// changes nothing.
///
/// | record               | event                        | becomes                                             |
/// |----------------------|------------------------------|-----------------------------------------------------|
/// | none                 | Claim(x)                     | RUNNING(x, f + 1), with images and addresses        |
/// | STOPPED(h, e)        | Claim(x)                     | RUNNING(x, max(e, f) + 1), with images, addresses   |
/// | RUNNING(h, e)        | TakeOver(x of h, e)          | RUNNING(x, e + 1), with images and addresses        |
/// | HANDOVER(h to any, e)| TakeOver(x of h, e)          | RUNNING(x, e + 1), with images and addresses        |
/// | STOPPED(h, e)        | Forget(x)                    | none, images and addresses free, f at least e       |
/// | STOPPED(x, e)        | Stop(x, e)                   | unchanged: done already                             |
/// | RUNNING(x, e)        | Stop(x, e)                   | STOPPED(x, e)                                       |
/// | RUNNING(x, e)        | BeginHandover(x, e, t, m)    | HANDOVER(x to t, m, e), unless t is x               |
/// | RUNNING(x, e)        | TakeBack(x), same epoch      | unchanged: taken back already, or never handed over |
/// | RUNNING(x, e)        | Settle(x)                    | unchanged: it is x's                                |
/// | HANDOVER(x to t)     | BeginHandover(x, e, t, m)    | unchanged: done already                             |
/// | HANDOVER(x to any)   | TakeBack(x), same epoch      | RUNNING(x, e)                                       |
/// | HANDOVER(x to any)   | Settle(x)                    | RUNNING(x, e)                                       |
/// | HANDOVER(h to x, m)  | Commit(x, m)                 | RUNNING(x, e + 1), with images and addresses        |
/// | caused by claim c    | Claim(x, c), x owner         | unchanged: done already                             |
/// | caused by claim c    | TakeOver(x, c), x owner      | unchanged: done already                             |
/// | caused by m          | Commit(x, m), x owner        | unchanged: done already                             |
/// | caused by m          | BeginHandover(x, ..., m)     | unchanged: done, and the target has it by now       |
///
/// The epoch never shrinks, and grows exactly where the owner changes or the guest starts. It does not shrink
/// for a name or an image either that went from one guest to another: what is given up leaves its epoch behind
/// in the floor, and whoever claims starts above that. Storage may therefore refuse by epoch whatever is older.
final class OwnerTransitions {
    private OwnerTransitions() {}

    static OwnerOutcome apply(OwnerView view, OwnerEvent event) {
        OwnerContent content = view.content();
        if (content == null) {
            return onNone(view, event);
        }
        return switch (event) {
            case OwnerEvent.Claim claim -> claim(content, view, claim);
            case OwnerEvent.TakeOver takeOver -> takeOver(content, view, takeOver);
            case OwnerEvent.Stop stop -> stop(content, stop);
            case OwnerEvent.Forget forget -> forget(content, forget);
            case OwnerEvent.BeginHandover begin -> begin(content, begin);
            case OwnerEvent.TakeBack takeBack -> takeBack(content, takeBack);
            case OwnerEvent.Commit commit -> commit(content, view, commit);
            case OwnerEvent.Settle settle -> settle(content, settle);
        };
    }

    private static OwnerOutcome onNone(OwnerView view, OwnerEvent event) {
        if (!(event instanceof OwnerEvent.Claim claim)) {
            return new OwnerOutcome.Refuse(Kind.UNKNOWN, "There is no guest of this name: " + event.guest(), false);
        }
        if (!view.obstacles().isEmpty()) {
            return blocked(view);
        }
        return started(claim.host(), claim.bootId(), view.epochFloor() + 1, claim.claim());
    }

    private static OwnerOutcome claim(OwnerContent content, OwnerView view, OwnerEvent.Claim event) {
        OwnerRecord record = content.record();
        if (content.cause().equals(event.claim()) && record.host().equals(event.host())) {
            return new OwnerOutcome.Keep(content, false);
        }
        return switch (record.state()) {
            case Running _, Handover _ -> refuse(content, "The guest runs already");
            case Stopped _ ->
                view.obstacles().isEmpty()
                        ? started(
                                event.host(),
                                event.bootId(),
                                Math.max(record.epoch(), view.epochFloor()) + 1,
                                event.claim())
                        : blocked(view);
        };
    }

    /// Whether the host is dead is for the obstacles to say. Here it only matters that the guest is still the
    /// one that was found on the dead host.
    private static OwnerOutcome takeOver(OwnerContent content, OwnerView view, OwnerEvent.TakeOver event) {
        OwnerRecord record = content.record();
        if (content.cause().equals(event.claim()) && owns(content, event.host())) {
            return new OwnerOutcome.Keep(content, false);
        }
        if (event.dead().equals(event.host())) {
            return refuse(content, "A host cannot take a guest over from itself");
        }
        if (!owns(content, event.dead()) || record.epoch() != event.epoch()) {
            return refuse(content, "The guest is not what host " + event.dead() + " left behind any more");
        }
        return switch (record.state()) {
            case Running _, Handover _ ->
                view.obstacles().isEmpty()
                        ? started(event.host(), event.bootId(), record.epoch() + 1, event.claim())
                        : blocked(view);
            case Stopped _ -> refuse(content, "The guest is recorded as stopped, so nobody has to take it over");
        };
    }

    private static OwnerOutcome stop(OwnerContent content, OwnerEvent.Stop event) {
        if (!owns(content, event.host()) || content.record().epoch() != event.epoch()) {
            return refuse(content, "Only its owner can record that the guest stopped, not " + event.host());
        }
        return switch (content.record().state()) {
            case Running _ -> new OwnerOutcome.Change(content.withState(new Stopped()), false);
            case Stopped _ -> new OwnerOutcome.Keep(content, false);
            case Handover _ -> refuse(content, "The guest is being handed over and must be taken back before it stops");
        };
    }

    private static OwnerOutcome forget(OwnerContent content, OwnerEvent.Forget event) {
        return switch (content.record().state()) {
            case Stopped _ -> new OwnerOutcome.Remove(content.record().epoch());
            case Running _, Handover _ ->
                refuse(content, "The guest runs, so " + event.host() + " cannot remove its records");
        };
    }

    private static OwnerOutcome begin(OwnerContent content, OwnerEvent.BeginHandover event) {
        OwnerRecord record = content.record();
        if (content.cause().equals(event.migration())) {
            return new OwnerOutcome.Keep(content, false);
        }
        if (!owns(content, event.host()) || record.epoch() != event.epoch()) {
            return refuse(content, "Only its owner can hand the guest over, not " + event.host());
        }
        if (event.target().isEmpty() || event.target().equals(event.host())) {
            return refuse(content, "The guest can be handed over to another host only");
        }
        Handover wanted = new Handover(event.target(), event.migration());
        return switch (record.state()) {
            case Running _ -> new OwnerOutcome.Change(content.withState(wanted), false);
            case Handover present ->
                present.equals(wanted)
                        ? new OwnerOutcome.Keep(content, false)
                        : refuse(content, "The guest is being handed over already");
            case Stopped _ -> refuse(content, "A guest that does not run cannot be handed over");
        };
    }

    /// A handover of another migration than the one named is taken back too: the owner may always take its own
    /// guest back, and then of all those who wait for it exactly one has it.
    private static OwnerOutcome takeBack(OwnerContent content, OwnerEvent.TakeBack event) {
        boolean sameCopy = event.epoch().isEmpty()
                || event.epoch().getAsLong() == content.record().epoch();
        if (!sameCopy) {
            return refuse(content, "The guest was taken by its target and has changed owner since");
        }
        return keepOwn(content, event.host());
    }

    private static OwnerOutcome settle(OwnerContent content, OwnerEvent.Settle event) {
        return keepOwn(content, event.host());
    }

    private static OwnerOutcome keepOwn(OwnerContent content, String host) {
        if (!owns(content, host)) {
            boolean mayStillArrive =
                    content.record().state() instanceof Handover(String target, UUID _) && target.equals(host);
            return new OwnerOutcome.Refuse(
                    Kind.REFUSED, sentence(content, "The guest is not " + host + "'s"), mayStillArrive);
        }
        return switch (content.record().state()) {
            case Running _ -> new OwnerOutcome.Keep(content, true);
            case Handover _ -> new OwnerOutcome.Change(content.withState(new Running()), false);
            case Stopped _ -> refuse(content, "The guest is recorded as stopped");
        };
    }

    private static OwnerOutcome commit(OwnerContent content, OwnerView view, OwnerEvent.Commit event) {
        OwnerRecord record = content.record();
        return switch (record.state()) {
            case Handover(String target, UUID migration)
            when target.equals(event.host()) && migration.equals(event.migration()) ->
                view.obstacles().isEmpty()
                        ? started(event.host(), event.bootId(), record.epoch() + 1, event.migration())
                        : blocked(view);
            case Handover _, Running _ ->
                owns(content, event.host()) && content.cause().equals(event.migration())
                        ? new OwnerOutcome.Keep(content, false)
                        : refuse(content, "The guest is not being handed over to " + event.host() + " any more");
            case Stopped _ -> refuse(content, "The guest is recorded as stopped");
        };
    }

    private static OwnerOutcome started(String host, String bootId, long epoch, UUID cause) {
        OwnerRecord record = new OwnerRecord(host, bootId, epoch, new Running());
        return new OwnerOutcome.Change(new OwnerContent(record, cause), true);
    }

    private static boolean owns(OwnerContent content, String host) {
        return content.record().host().equals(host);
    }

    /// The owner record itself would have allowed the change, so a write sent earlier could still be applied.
    private static OwnerOutcome blocked(OwnerView view) {
        return new OwnerOutcome.Refuse(Kind.REFUSED, String.join("; ", view.obstacles()), true);
    }

    private static OwnerOutcome refuse(OwnerContent content, String what) {
        return new OwnerOutcome.Refuse(Kind.REFUSED, sentence(content, what), false);
    }

    private static String sentence(OwnerContent content, String what) {
        return what + ": " + describe(content);
    }

    /// @return for example `RUNNING on alpha, epoch 3`
    static String describe(@Nullable OwnerContent content) {
        if (content == null) {
            return "no record";
        }
        OwnerRecord record = content.record();
        String state = switch (record.state()) {
            case Running _ -> "RUNNING on " + record.host();
            case Stopped _ -> "STOPPED, last on " + record.host();
            case Handover(String target, UUID _) -> "HANDOVER from " + record.host() + " to " + target;
        };
        return state + ", epoch " + record.epoch();
    }
}
