package io.godwit.storage.fencing;

import io.godwit.storage.fencing.FenceRequest.Activate;
import io.godwit.storage.fencing.FenceRequest.Prepare;
import io.godwit.storage.fencing.FenceRequest.Withdraw;
import io.godwit.storage.fencing.FenceState.Presence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One step of an image's fence in the making: takes an event in, and then does whatever can be done next.
final class FenceWork {
    private static final Comparator<Grant> ORDER = Comparator.comparingLong(Grant::epoch)
            .thenComparing(grant -> grant.cause().toString());

    private @Nullable Grant floor;
    private @Nullable Mark mark;
    private @Nullable Mark writing;
    private boolean linked;
    private final Map<Grant, Presence> exports;
    private @Nullable FenceRequest request;
    private boolean resting;
    private final List<FenceAction> actions = new ArrayList<>();

    FenceWork(FenceState state) {
        this.floor = state.floor();
        this.mark = state.mark();
        this.writing = state.writing();
        this.linked = state.linked();
        this.exports = new LinkedHashMap<>(state.exports());
        this.request = state.request();
        this.resting = state.resting();
    }

    FenceStep step() {
        return new FenceStep(new FenceState(floor, mark, writing, linked, exports, request, resting), actions);
    }

    boolean linked() {
        return linked;
    }

    boolean aboveFloor(Grant grant) {
        return floor == null || grant.epoch() > floor.epoch();
    }

    boolean isFloor(Grant grant) {
        return grant.equals(floor);
    }

    boolean active(Grant grant) {
        return mark != null && mark.serving() && mark.grant().equals(grant);
    }

    String floorWords() {
        return String.valueOf(floor);
    }

    void raiseFloor(Grant grant) {
        floor = grant;
    }

    void refuse(FenceRequest refused, String reason, boolean again) {
        actions.add(new FenceAction.Refuse(refused.id(), reason, again));
    }

    void takeIfFreeOrSame(FenceRequest taken) {
        if (request == null || request.grant().equals(taken.grant())) {
            takeAnyway(taken, "The same was asked for once more");
        } else {
            refuse(taken, "The image is busy with " + request.grant(), true);
        }
    }

    void takeAnyway(FenceRequest taken, String reasonForTheOther) {
        if (request != null) {
            refuse(request, reasonForTheOther, true);
        }
        request = taken;
    }

    void abandon(long id) {
        if (request != null && request.id() == id) {
            request = null;
        }
    }

    void remembered(Mark written) {
        if (written.equals(writing)) {
            mark = written;
            writing = null;
        }
    }

    void notRemembered(Mark wanted, String reason) {
        if (wanted.equals(writing)) {
            writing = null;
            refuseCurrent("The image server could not write down what it was about to do: " + reason);
        }
    }

    void added(Grant grant) {
        exports.replace(grant, Presence.ADDING, Presence.THERE);
    }

    void notAdded(Grant grant, String reason) {
        if (exports.remove(grant, Presence.ADDING)) {
            if (active(grant)) {
                resting = true;
            }
            if (request != null && request.grant().equals(grant)) {
                refuseCurrent("The storage daemon cannot export the image: " + reason);
            }
        }
    }

    void gone(Grant grant) {
        exports.remove(grant);
    }

    void lost(String reason) {
        linked = false;
        exports.clear();
        refuseCurrent("The storage daemon does not answer: " + reason);
    }

    void back(Set<Grant> present) {
        linked = true;
        resting = false;
        exports.clear();
        present.stream().sorted(ORDER).forEach(grant -> exports.put(grant, Presence.THERE));
    }

    void retry() {
        resting = false;
    }

    /// Does what can be done towards the request, or without one towards what the mark says.
    void proceed() {
        if (!linked || !rememberedFirst()) {
            return;
        }
        refuseIfOutrun();
        for (Grant grant : sortedExports()) {
            if (exports.get(grant) == Presence.THERE && !keeps(grant)) {
                exports.put(grant, Presence.REMOVING);
                actions.add(new FenceAction.Remove(grant));
            }
        }
        // Nothing is added beside what has to go: its requests may still be under way.
        if (!exports.keySet().stream().allMatch(this::keeps)) {
            return;
        }
        addMissing();
        answerIfDone();
    }

    /// An activation stands on the disk before anything is taken away for its sake.
    private boolean rememberedFirst() {
        if (!(request instanceof Activate activate) || active(activate.grant())) {
            return true;
        }
        remember(new Mark(activate.grant(), true));
        return false;
    }

    /// The active grant may be prepared once more, and be withdrawn while that waits.
    private void refuseIfOutrun() {
        if (request instanceof Prepare prepare && !aboveFloor(prepare.grant()) && !active(prepare.grant())) {
            refuseCurrent("The image was withdrawn from " + prepare.grant() + " meanwhile");
        }
    }

    private void remember(Mark wanted) {
        // One at a time, so that it is certain in which order they reach the disk.
        if (writing == null) {
            writing = wanted;
            actions.add(new FenceAction.Remember(wanted));
        }
    }

    private boolean keeps(Grant grant) {
        boolean mayBe = active(grant) || aboveFloor(grant);
        return switch (request) {
            case null -> mayBe;
            case Prepare prepare -> active(grant) || grant.equals(prepare.grant());
            case Activate activate -> grant.equals(activate.grant());
            case Withdraw withdraw -> mayBe && !grant.equals(withdraw.grant());
        };
    }

    private void addMissing() {
        boolean withdrawn = request instanceof Withdraw withdraw && active(withdraw.grant());
        if (mark != null && mark.serving() && !resting && !withdrawn) {
            add(mark.grant());
        }
        if (request instanceof Prepare || request instanceof Activate) {
            add(request.grant());
        }
    }

    private void add(Grant grant) {
        if (exports.putIfAbsent(grant, Presence.ADDING) == null) {
            actions.add(new FenceAction.Add(grant));
        }
    }

    private void answerIfDone() {
        FenceRequest current = request;
        boolean done = switch (current) {
            case null -> false;
            case Prepare prepare -> exports.get(prepare.grant()) == Presence.THERE;
            case Activate activate -> exports.get(activate.grant()) == Presence.THERE;
            case Withdraw withdraw -> {
                if (active(withdraw.grant())) {
                    remember(new Mark(withdraw.grant(), false));
                    yield false;
                }
                yield writing == null;
            }
        };
        if (done && current != null) {
            actions.add(new FenceAction.Answer(current.id()));
            request = null;
        }
    }

    private void refuseCurrent(String reason) {
        if (request != null) {
            refuse(request, reason, true);
            request = null;
        }
    }

    private List<Grant> sortedExports() {
        return exports.keySet().stream().sorted(ORDER).toList();
    }
}
