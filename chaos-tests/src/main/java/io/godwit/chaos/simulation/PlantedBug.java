package io.godwit.chaos.simulation;

import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.OwnerChange;
import io.godwit.storage.handover.OwnerEvent;

/// Mistakes to be made on purpose. A simulation that does not find them proves nothing about their absence.
enum PlantedBug {
    NONE("no mistake planted"),
    NO_EPOCH_CHECK_ON_ADOPTION("an agent that starts keeps what it finds without asking the record"),
    RESUME_BEFORE_TAKE_BACK("the source resumes before the take-back is recorded"),
    RESUME_BEFORE_COMMIT("the target resumes before it knows of the commit"),
    SILENCE_IS_COMMIT("a source that hears nothing believes that the target has the guest"),
    LOST_ANSWER_IS_FAILURE("a write without answer counts as not applied, and is not read back"),
    LOST_ANSWER_IS_SUCCESS("a write without answer counts as applied, and is not read back"),
    READ_DECIDES("what a follower said is believed without asking a quorum"),
    NO_FENCE("a record is believed although a straying write can still change it"),
    NO_VERSION("a write compares no version"),
    EPOCH_STANDS_STILL("a commit does not raise the epoch"),
    PAUSE_LEAVES_WRITES("a pause does not wait for the writes under way"),
    LEASE_FROM_RECEIVE_TIME("the lease counts from when an answer came, not from when its request was sent"),
    RELAX_BEFORE_RECORD("a host lets go of its guests before its record stops to promise that it stops them"),
    RELAX_WITHOUT_LEASE("a host whose lease has run out lets its guests go on when it stops to enforce it"),
    TAKEOVER_WITHOUT_WAIT("a takeover on a plain directory does not wait until the former owner has ended"),
    HOST_VERSION_UNCHECKED("a takeover does not ask whether the dead host is back"),
    NO_EPOCH_CHECK_AT_FENCE("the image server gives an older epoch its export back"),
    NO_EPOCH_FLOOR("a guest that is made again after it was destroyed begins at the first epoch"),
    FLOOR_UNCHECKED("a write does not ask whether the guest was destroyed and made again since"),
    NO_DEBT("a host that starts a guest again notes nowhere that the guest is owed a start"),
    NO_SECOND_LINE("an agent whose guard is gone does not do its work"),
    FENCE_AFTER_START("a guest runs before the former owner's export is revoked"),
    REVOKE_LEAVES_WRITES("an export counts as revoked while requests on it are under way"),
    NO_COMPARISON("an agent compares records and processes only when it starts");

    private final String words;

    PlantedBug(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /// What carries a change through: the class that runs in production, or one that makes the mistake.
    ChangeProcess change(OwnerEvent event) {
        ChangeProcess production = new OwnerChange(event);
        return switch (this) {
            case LOST_ANSWER_IS_FAILURE,
                    LOST_ANSWER_IS_SUCCESS,
                    READ_DECIDES,
                    NO_FENCE,
                    NO_VERSION,
                    EPOCH_STANDS_STILL -> new PlantedChange(this, production);
            case NONE,
                    NO_EPOCH_CHECK_ON_ADOPTION,
                    RESUME_BEFORE_TAKE_BACK,
                    RESUME_BEFORE_COMMIT,
                    SILENCE_IS_COMMIT,
                    PAUSE_LEAVES_WRITES,
                    LEASE_FROM_RECEIVE_TIME,
                    RELAX_BEFORE_RECORD,
                    RELAX_WITHOUT_LEASE,
                    TAKEOVER_WITHOUT_WAIT,
                    HOST_VERSION_UNCHECKED,
                    NO_EPOCH_CHECK_AT_FENCE,
                    NO_EPOCH_FLOOR,
                    FLOOR_UNCHECKED,
                    NO_DEBT,
                    NO_SECOND_LINE,
                    FENCE_AFTER_START,
                    REVOKE_LEAVES_WRITES,
                    NO_COMPARISON -> production;
        };
    }
}
