package io.godwit.storage.handover;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// One owner record as ZooKeeper keeps it, seen through a bad network: answers get lost, requests get lost or arrive
/// much later, and followers answer with what used to be.
final class SimulatedRecord {
    private final Random random;
    private final List<OwnerView> history = new ArrayList<>();
    private final List<ChangeAction> stray = new ArrayList<>();

    /// Of 100 actions, how many meet each trouble.
    private static final int TROUBLE_PERCENT = 15;

    SimulatedRecord(Random random, @Nullable OwnerContent initial) {
        this.random = random;
        history.add(initial == null ? OwnerView.absent() : new OwnerView(initial, 0, List.of()));
    }

    OwnerView now() {
        return history.getLast();
    }

    List<OwnerView> history() {
        return history;
    }

    ChangeAnswer perform(ChangeAction action) {
        deliverSomeStray();
        return switch (action) {
            case ChangeAction.Read _ -> read();
            case ChangeAction.Write _, ChangeAction.Remove _, ChangeAction.Check _ -> write(action);
            case ChangeAction.Wait _ -> new ChangeAnswer.Waited();
            case ChangeAction.Done _ -> throw new AssertionError("done");
        };
    }

    /// Whatever is still under way arrives now.
    void deliverAllStrays() {
        while (!stray.isEmpty()) {
            apply(stray.remove(random.nextInt(stray.size())));
        }
    }

    private void deliverSomeStray() {
        if (!stray.isEmpty() && chance()) {
            apply(stray.remove(random.nextInt(stray.size())));
        }
    }

    private ChangeAnswer read() {
        if (chance()) {
            return new ChangeAnswer.NoAnswer("lost");
        }
        int age = chance() ? random.nextInt(history.size()) : 0;
        return new ChangeAnswer.Seen(history.get(history.size() - 1 - age));
    }

    private ChangeAnswer write(ChangeAction action) {
        if (chance()) {
            stray.add(action);
            return new ChangeAnswer.NoAnswer("under way");
        }
        if (chance()) {
            return new ChangeAnswer.NoAnswer("request lost");
        }
        ChangeAnswer answer = apply(action);
        return chance() ? new ChangeAnswer.NoAnswer("answer lost") : answer;
    }

    private ChangeAnswer apply(ChangeAction action) {
        int version = switch (action) {
            case ChangeAction.Write write -> write.version();
            case ChangeAction.Remove remove -> remove.version();
            case ChangeAction.Check check -> check.version();
            case ChangeAction.Read _, ChangeAction.Wait _, ChangeAction.Done _ ->
                throw new AssertionError("no write: " + action);
        };
        if (now().version() != version) {
            return new ChangeAnswer.Conflict();
        }
        if (action instanceof ChangeAction.Write write) {
            history.add(new OwnerView(write.next(), version + 1, List.of()));
        } else if (action instanceof ChangeAction.Remove) {
            history.add(OwnerView.absent());
        }
        return new ChangeAnswer.Applied();
    }

    private boolean chance() {
        return random.nextInt(100) < TROUBLE_PERCENT;
    }
}
