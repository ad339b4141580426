package io.godwit.storage.fencing;

import io.godwit.storage.fencing.FenceRequest.Activate;
import io.godwit.storage.fencing.FenceRequest.Prepare;
import io.godwit.storage.fencing.FenceRequest.Withdraw;

/// How the fence of one image answers each event.
///
/// The invariant: when an activation of grant `g` is answered, `g` stands on the disk, no export but `g`'s exists,
/// and none of a lower epoch, or of the same epoch and another cause, is ever made again. It holds because an export
/// is made only for the grant on the disk or one of an epoch above the *floor*, because the floor never shrinks and
/// is on the disk before anything is removed for its sake, and because only [FenceEvent.Gone], told after an export's
/// last request, takes an export out of account.
///
/// `f` is the floor; `g` is *active* if the mark on the disk says `g`, serving. "Lower" means a lower epoch, or the
/// same with another cause.
///
/// | event                     | effect                                                                            |
/// |---------------------------|-----------------------------------------------------------------------------------|
/// | not linked, and possible  | refused: ask again                                                                |
/// | Prepare g, above f        | others above f are removed, then g is added; answered when it is there            |
/// | Prepare g, active         | answered when it is there                                                         |
/// | Prepare g, otherwise      | refused for good                                                                  |
/// | Activate g, above or is f | f becomes g; remember g; *then* remove all others; *then* add g; then answer      |
/// | Activate g, lower than f  | refused for good                                                                  |
/// | Withdraw g                | g is removed; if it was active, that it is not is remembered; then answered       |
/// | a second request          | supersedes the first if it is an activation, or of the same grant; else refused   |
/// | Abandoned                 | nobody is answered; what was begun stays                                          |
/// | Remembered                | it is the mark; on with the request                                               |
/// | NotRemembered             | the request is refused: ask again                                                 |
/// | Added, Gone               | on with the request                                                               |
/// | NotAdded                  | a request for it is refused: ask again; the active one is tried again at a Retry  |
/// | DaemonLost                | the request is refused: ask again; no export is known                             |
/// | DaemonBack                | what is lower than f is removed, then the active one added if it is missing       |
/// | Retry                     | the active one is added if it is missing                                          |
public final class FenceTransitions {
    private FenceTransitions() {}

    public static FenceStep apply(FenceState state, FenceEvent event) {
        FenceWork work = new FenceWork(state);
        switch (event) {
            case FenceEvent.Asked(FenceRequest request) -> asked(work, request);
            case FenceEvent.Abandoned(long id) -> work.abandon(id);
            case FenceEvent.Remembered(Mark mark) -> work.remembered(mark);
            case FenceEvent.NotRemembered(Mark mark, String reason) -> work.notRemembered(mark, reason);
            case FenceEvent.Added(Grant grant) -> work.added(grant);
            case FenceEvent.NotAdded(Grant grant, String reason) -> work.notAdded(grant, reason);
            case FenceEvent.Gone(Grant grant) -> work.gone(grant);
            case FenceEvent.DaemonLost(String reason) -> work.lost(reason);
            case FenceEvent.DaemonBack back -> work.back(back.present());
            case FenceEvent.Retry() -> work.retry();
        }
        work.proceed();
        return work.step();
    }

    private static void asked(FenceWork work, FenceRequest request) {
        switch (request) {
            case Prepare prepare -> {
                boolean possible = work.aboveFloor(prepare.grant()) || work.active(prepare.grant());
                if (possible) {
                    takeIfLinked(work, prepare);
                } else {
                    work.refuse(prepare, "The image was activated for " + work.floorWords(), false);
                }
            }
            case Activate activate -> {
                boolean possible = work.aboveFloor(activate.grant()) || work.isFloor(activate.grant());
                if (possible && !work.linked()) {
                    takeIfLinked(work, activate);
                } else if (possible) {
                    work.takeAnyway(activate, "An activation for " + activate.grant() + " was asked for meanwhile");
                    work.raiseFloor(activate.grant());
                } else {
                    work.refuse(activate, "The image was activated for " + work.floorWords(), false);
                }
            }
            case Withdraw withdraw -> takeIfLinked(work, withdraw);
        }
    }

    private static void takeIfLinked(FenceWork work, FenceRequest request) {
        if (work.linked()) {
            work.takeIfFreeOrSame(request);
        } else {
            work.refuse(request, "The storage daemon does not answer", true);
        }
    }
}
