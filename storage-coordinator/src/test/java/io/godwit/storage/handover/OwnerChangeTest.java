package io.godwit.storage.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OwnerChangeTest {
    private static final UUID MIGRATION = new UUID(0, 2);
    private static final OwnerEvent TAKE_BACK = new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.of(7));
    private static final OwnerEvent STOP = new OwnerEvent.Stop("web1", "alpha", 7);
    private static final OwnerContent RUNNING = content("alpha", 7, new OwnerState.Running());
    private static final OwnerContent HANDOVER = content("alpha", 7, new OwnerState.Handover("beta", MIGRATION));
    private static final ChangeAnswer LOST = new ChangeAnswer.NoAnswer("lost");

    @Test
    void writesWhatItSawAtTheVersionItSaw() {
        OwnerChange change = started(TAKE_BACK);
        ChangeAction write = change.on(seen(HANDOVER, 4));
        assertThat(write).isEqualTo(new ChangeAction.Write(4, RUNNING, false));
        assertThat(change.on(new ChangeAnswer.Applied()))
                .isEqualTo(new ChangeAction.Done(new Conclusion.Held(RUNNING)));
    }

    @Test
    void aLostWriteIsReadBackAndWrittenAgainOnlyIfItWasNotApplied() {
        OwnerChange change = started(TAKE_BACK);
        change.on(seen(HANDOVER, 4));
        assertThat(change.on(LOST)).isInstanceOf(ChangeAction.Wait.class);
        assertThat(change.on(new ChangeAnswer.Waited())).isInstanceOf(ChangeAction.Read.class);
        assertThat(change.on(seen(HANDOVER, 4))).isEqualTo(new ChangeAction.Write(4, RUNNING, false));
    }

    @Test
    void aRefusalIsConfirmedByAQuorumAtTheVersionThatWasRead() {
        OwnerChange change = started(TAKE_BACK);
        OwnerContent taken = content("beta", 8, new OwnerState.Running());
        assertThat(change.on(seen(taken, 5))).isEqualTo(new ChangeAction.Check(5));
        assertThat(change.on(new ChangeAnswer.Conflict())).isInstanceOf(ChangeAction.Read.class);
        change.on(seen(taken, 5));
        ChangeAction done = change.on(new ChangeAnswer.Applied());
        assertThat(done)
                .isInstanceOfSatisfying(
                        ChangeAction.Done.class,
                        end -> assertThat(end.conclusion().verdict()).isEqualTo(new Verdict.NotMine("beta", 8)));
    }

    @Test
    void waitsLongerTheOftenerItMustWait() {
        OwnerChange change = started(TAKE_BACK);
        for (int attempt = 1; attempt <= 5; attempt++) {
            assertThat(change.on(LOST)).isEqualTo(new ChangeAction.Wait(attempt, "lost"));
            change.on(new ChangeAnswer.Waited());
        }
    }

    @Test
    void aLostStopThatAnotherHostHasSinceFollowedIsDone() {
        OwnerChange change = started(STOP);
        change.on(seen(RUNNING, 4));
        change.on(LOST);
        change.on(new ChangeAnswer.Waited());
        OwnerContent elsewhere = content("beta", 8, new OwnerState.Running());
        assertThat(change.on(seen(elsewhere, 6))).isEqualTo(new ChangeAction.Done(new Conclusion.Held(elsewhere)));
    }

    @Test
    void aTakeOverWhoseAnswerGotLostIsReadBackLikeAClaim() {
        UUID claim = new UUID(0, 9);
        OwnerChange change = started(new OwnerEvent.TakeOver("web1", "beta", "boot", "alpha", 5, 7, claim));
        OwnerContent taken = new OwnerContent(new OwnerRecord("beta", "boot", 8, new OwnerState.Running()), claim);
        assertThat(change.on(seen(RUNNING, 4))).isEqualTo(new ChangeAction.Write(4, taken, true));
        assertThat(change.on(LOST)).isEqualTo(new ChangeAction.Wait(1, "lost"));
        change.on(new ChangeAnswer.Waited());
        assertThat(change.on(seen(taken, 5))).isEqualTo(new ChangeAction.Done(new Conclusion.Held(taken)));
    }

    @Test
    void aTakeOverThatAnotherHostWasFasterWithIsConfirmedAsRefused() {
        OwnerChange change = started(new OwnerEvent.TakeOver("web1", "beta", "boot", "alpha", 5, 7, new UUID(0, 9)));
        change.on(seen(RUNNING, 4));
        assertThat(change.on(new ChangeAnswer.Conflict())).isInstanceOf(ChangeAction.Read.class);
        assertThat(change.on(seen(content("gamma", 8, new OwnerState.Running()), 5)))
                .isEqualTo(new ChangeAction.Check(5));
        assertThat(change.on(new ChangeAnswer.Applied()))
                .isInstanceOfSatisfying(
                        ChangeAction.Done.class,
                        done -> assertThat(done.conclusion().verdict()).isEqualTo(new Verdict.NotMine("gamma", 8)));
    }

    @Test
    void aLostRemovalAfterWhichThereIsNothingIsDone() {
        OwnerChange change = started(new OwnerEvent.Forget("web1", "alpha"));
        assertThat(change.on(seen(content("alpha", 7, new OwnerState.Stopped()), 4)))
                .isEqualTo(new ChangeAction.Remove(4, 7));
        change.on(LOST);
        change.on(new ChangeAnswer.Waited());
        assertThat(change.on(new ChangeAnswer.Seen(OwnerView.absent())))
                .isEqualTo(new ChangeAction.Done(new Conclusion.Removed()));
    }

    @Test
    void aPausedGuestWaitsForAnOperatorWhoMendsTheRecord() {
        OwnerChange change = started(TAKE_BACK);
        assertThat(change.on(new ChangeAnswer.Unreadable("what is this")))
                .isEqualTo(new ChangeAction.Wait(1, "what is this"));
    }

    @Test
    void otherChangesAreRefusedIfTheRecordCannotBeUnderstood() {
        OwnerChange change = started(STOP);
        assertThat(change.on(new ChangeAnswer.Unreadable("what is this")))
                .isEqualTo(new ChangeAction.Done(new Conclusion.Denied(Kind.REFUSED, "what is this", null)));
    }

    @Test
    void anAnswerToAnotherQuestionIsABug() {
        OwnerChange change = started(TAKE_BACK);
        assertThatThrownBy(() -> change.on(new ChangeAnswer.Applied())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nobodyOwnsAStoppedGuest() {
        OwnerContent stopped = content("alpha", 7, new OwnerState.Stopped());
        assertThat(new Conclusion.Denied(Kind.REFUSED, "", stopped).verdict()).isEqualTo(new Verdict.NotMine("", 7));
    }

    private static OwnerChange started(OwnerEvent event) {
        OwnerChange change = new OwnerChange(event);
        assertThat(change.start()).isInstanceOf(ChangeAction.Read.class);
        return change;
    }

    private static ChangeAnswer seen(OwnerContent content, int version) {
        return new ChangeAnswer.Seen(new OwnerView(content, version, List.of()));
    }

    private static OwnerContent content(String host, long epoch, OwnerState state) {
        return new OwnerContent(new OwnerRecord(host, "boot", epoch, state), new UUID(0, 1));
    }
}
