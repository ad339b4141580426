package io.godwit.storage.handover;

import io.godwit.storage.OwnershipException.Kind;

/// A planted bug: a write that was not answered counts as one that was not applied.
public final class LossIsFailure implements ChangeProcess {
    private final OwnerChange inner;
    private ChangeAction last = new ChangeAction.Read();

    public LossIsFailure(OwnerEvent event) {
        inner = new OwnerChange(event);
    }

    @Override
    public ChangeAction start() {
        return inner.start();
    }

    @Override
    public ChangeAction on(ChangeAnswer answer) {
        boolean lost = last instanceof ChangeAction.Write && answer instanceof ChangeAnswer.NoAnswer;
        last = lost ? new ChangeAction.Done(new Conclusion.Denied(Kind.REFUSED, "planted", null)) : inner.on(answer);
        return last;
    }
}
