package io.godwit.storage.fencing;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.GuestEntry;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.fencing.FenceRules.Wish;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FenceRulesTest {
    private static final String IMAGE = "/srv/web1.img";
    private static final OwnerState RUNNING = new OwnerState.Running();
    private static final OwnerState HANDOVER = new OwnerState.Handover("beta", new UUID(0, 9));
    private static final OwnerState STOPPED = new OwnerState.Stopped();

    private static boolean allowed(Wish wish, String asker, long epoch, OwnerState state, String... images) {
        GuestEntry entry = new GuestEntry("web1", "{}", new OwnerRecord("alpha", "boot", 7, state), 3);
        Set<String> asked = images.length == 0 ? Set.of(IMAGE) : Set.of(images);
        return FenceRules.objection(
                        wish,
                        asker,
                        new ImageGrant("web1", epoch, new UUID(0, 1), asked),
                        Optional.of(entry),
                        Set.of(IMAGE))
                .isEmpty();
    }

    @Test
    void onlyTheOwnerOfThisVeryEpochActivates() {
        assertThat(allowed(Wish.ACTIVATE, "alpha", 7, RUNNING)).isTrue();
        assertThat(allowed(Wish.ACTIVATE, "beta", 7, RUNNING)).isFalse();
        assertThat(allowed(Wish.ACTIVATE, "alpha", 6, RUNNING)).isFalse();
        assertThat(allowed(Wish.ACTIVATE, "alpha", 8, RUNNING)).isFalse();
        assertThat(allowed(Wish.ACTIVATE, "alpha", 7, HANDOVER)).isFalse();
        assertThat(allowed(Wish.ACTIVATE, "beta", 8, HANDOVER)).isFalse();
        assertThat(allowed(Wish.ACTIVATE, "alpha", 7, STOPPED)).isFalse();
    }

    @Test
    void onlyTheNextEpochOfAGuestThatRunsIsPrepared() {
        assertThat(allowed(Wish.PREPARE, "beta", 8, RUNNING)).isTrue();
        assertThat(allowed(Wish.PREPARE, "beta", 8, HANDOVER)).isTrue();
        assertThat(allowed(Wish.PREPARE, "beta", 7, RUNNING)).isFalse();
        assertThat(allowed(Wish.PREPARE, "beta", 9, RUNNING)).isFalse();
        assertThat(allowed(Wish.PREPARE, "beta", 8, STOPPED)).isFalse();
    }

    @Test
    void nobodyTakesTheOwnersGrantAway() {
        assertThat(allowed(Wish.WITHDRAW, "beta", 7, RUNNING)).isFalse();
        assertThat(allowed(Wish.WITHDRAW, "beta", 7, HANDOVER)).isFalse();
        assertThat(allowed(Wish.WITHDRAW, "alpha", 7, RUNNING)).isTrue();
        assertThat(allowed(Wish.WITHDRAW, "beta", 8, HANDOVER)).isTrue();
        assertThat(allowed(Wish.WITHDRAW, "beta", 6, RUNNING)).isTrue();
        assertThat(allowed(Wish.WITHDRAW, "alpha", 7, STOPPED)).isTrue();
    }

    @Test
    void imagesOfOtherGuestsAreNotGranted() {
        assertThat(allowed(Wish.ACTIVATE, "alpha", 7, RUNNING, IMAGE, "/srv/web2.img"))
                .isFalse();
        assertThat(allowed(Wish.PREPARE, "beta", 8, RUNNING, "/srv/web2.img")).isFalse();
    }

    @Test
    void withoutARecordNothingIsGrantedAndAnythingIsWithdrawn() {
        ImageGrant grant = new ImageGrant("web1", 1, new UUID(0, 1), Set.of(IMAGE));
        assertThat(FenceRules.objection(Wish.ACTIVATE, "alpha", grant, Optional.empty(), Set.of()))
                .isPresent();
        assertThat(FenceRules.objection(Wish.PREPARE, "alpha", grant, Optional.empty(), Set.of()))
                .isPresent();
        assertThat(FenceRules.objection(Wish.WITHDRAW, "alpha", grant, Optional.empty(), Set.of()))
                .isEmpty();
    }
}
