package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.handover.ChangeAction;
import io.godwit.storage.handover.ChangeAnswer;
import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerView;
import org.jspecify.annotations.Nullable;

/// The change of production with one mistake wrapped around it.
final class PlantedChange implements ChangeProcess {
    private final PlantedBug bug;
    private final ChangeProcess inner;
    private @Nullable OwnerContent seen;
    private ChangeAction last = new ChangeAction.Read();

    PlantedChange(PlantedBug bug, ChangeProcess inner) {
        this.bug = bug;
        this.inner = inner;
    }

    @Override
    public ChangeAction start() {
        return inner.start();
    }

    @Override
    public ChangeAction on(ChangeAnswer answer) {
        if (answer instanceof ChangeAnswer.Seen(OwnerView view)) {
            seen = view.content();
        }
        last = last instanceof ChangeAction.Write && answer instanceof ChangeAnswer.NoAnswer
                ? afterLostWrite(answer)
                : next(inner.on(answer));
        return last;
    }

    private ChangeAction afterLostWrite(ChangeAnswer answer) {
        if (bug == PlantedBug.LOST_ANSWER_IS_FAILURE) {
            return new ChangeAction.Done(new Conclusion.Denied(Kind.REFUSED, "planted", null));
        }
        return inner.on(bug == PlantedBug.LOST_ANSWER_IS_SUCCESS ? new ChangeAnswer.Applied() : answer);
    }

    private ChangeAction next(ChangeAction action) {
        boolean readDecides = bug == PlantedBug.READ_DECIDES && action instanceof ChangeAction.Check;
        boolean unfenced = bug == PlantedBug.READ_DECIDES || bug == PlantedBug.NO_FENCE;
        if (readDecides || (unfenced && rewritesWhatIsThere(action))) {
            return inner.on(new ChangeAnswer.Applied());
        }
        if (!(action instanceof ChangeAction.Write(int version, OwnerContent next, boolean claims))) {
            return action;
        }
        if (bug == PlantedBug.NO_VERSION && version != OwnerView.ABSENT) {
            return new ChangeAction.Write(Keeper.ANY_VERSION, next, claims);
        }
        return bug == PlantedBug.EPOCH_STANDS_STILL && claims
                ? new ChangeAction.Write(version, sameEpoch(next), true)
                : action;
    }

    private boolean rewritesWhatIsThere(ChangeAction action) {
        return action instanceof ChangeAction.Write write && write.next().equals(seen);
    }

    private OwnerContent sameEpoch(OwnerContent next) {
        OwnerContent before = seen;
        if (before == null) {
            return next;
        }
        OwnerRecord record = next.record();
        return new OwnerContent(
                new OwnerRecord(record.host(), record.bootId(), before.record().epoch(), record.state()), next.cause());
    }
}
