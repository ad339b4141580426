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
    PAUSE_LEAVES_WRITES("a pause does not wait for the writes under way");

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
                    PAUSE_LEAVES_WRITES -> production;
        };
    }
}
