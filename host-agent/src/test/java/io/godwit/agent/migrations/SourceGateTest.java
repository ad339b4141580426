package io.godwit.agent.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.SwitchoverGate.GateClosed;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.Claims;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SourceGateTest {
    private static final UUID MIGRATION = new UUID(1, 2);

    private final ScriptedOwnership records = new ScriptedOwnership();
    private final List<String> silenced = new ArrayList<>();
    private final SwitchoverGate gate = new SourceGate(records, new SilenceOnly(), "g", 3, "h2", MIGRATION);

    @Test
    void beginsTheHandoverInItsEpoch() throws Exception {
        gate.beginHandover();
        assertThat(records.calls()).containsExactly("beginHandover g 3 h2 " + MIGRATION);
    }

    /// Otherwise a host that the guest came to a moment ago would go on announcing it against its next one.
    @Test
    void thisHostIsSilentBeforeTheTargetCanTakeTheGuest() throws Exception {
        gate.beginHandover();
        assertThat(silenced).containsExactly("g after 0 calls");
    }

    @Test
    void staysClosedWhenThereIsNoRecord() {
        records.fail(new OwnershipException(Kind.UNKNOWN, "There is no such guest"));
        assertThatThrownBy(gate::beginHandover).isInstanceOf(GateClosed.class).hasMessage("There is no such guest");
        assertThat(records.calls()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"REFUSED", "UNDECIDED"})
    void takesTheGuestBackBeforeItSaysThatAHandoverDidNotComeAbout(Kind kind) {
        records.fail(new OwnershipException(kind, "No"));
        records.answer(new Verdict.Mine(3));
        assertThatThrownBy(gate::beginHandover).isInstanceOf(GateClosed.class).hasMessageContaining("No");
        assertThat(records.calls()).containsExactly("beginHandover g 3 h2 " + MIGRATION, "takeBack g " + MIGRATION);
    }

    /// Were this a closed gate, the source would run on a guest that is another host's.
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"REFUSED", "UNDECIDED"})
    void isNotJustClosedWhenAnotherHostOwnsTheGuest(Kind kind) {
        records.fail(new OwnershipException(kind, "No"));
        records.answer(new Verdict.NotMine("h3", 7));
        assertThatThrownBy(gate::beginHandover)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("h3");
    }

    @Test
    void passesOnWhatTheRecordSays() throws Exception {
        records.answer(new Verdict.NotMine("h2", 4));
        assertThat(gate.takeBack()).isEqualTo(new SwitchoverGate.Verdict.RunElsewhere("h2", 4));
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of("/i"), Set.of()));
        records.answer(new Verdict.Mine(4));
        assertThat(target.commit()).isEqualTo(new SwitchoverGate.Verdict.RunHere(4));
    }

    @Test
    void aTargetDoesNotRunBeforeItHasItsImages() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of("/i"), Set.of()), epoch -> {
            assertThat(epoch).isEqualTo(4);
            if (attempts.incrementAndGet() < 3) {
                throw new ImageStoreException(ImageStoreException.Kind.UNAVAILABLE, "the server is away");
            }
        });
        records.answer(new Verdict.Mine(4));
        records.answer(new Verdict.Mine(4));
        records.answer(new Verdict.Mine(4));

        assertThat(target.commit()).isEqualTo(new SwitchoverGate.Verdict.RunHere(4));
        assertThat(attempts).hasValue(3);
    }

    @Test
    void aTargetThatWaitsForItsImagesGivesUpAGuestThatIsAnothersByThen() throws Exception {
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of("/i"), Set.of()), _ -> {
            throw new ImageStoreException(ImageStoreException.Kind.REFUSED, "epoch 5 was activated");
        });
        records.answer(new Verdict.Mine(4));
        records.answer(new Verdict.NotMine("h3", 5));

        assertThat(target.commit()).isEqualTo(new SwitchoverGate.Verdict.RunElsewhere("h3", 5));
    }

    @Test
    void keepsEachSideToItsOwnPart() {
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of(), Set.of()));
        assertThatThrownBy(gate::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(target::beginHandover).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(target::takeBack).isInstanceOf(IllegalStateException.class);
        assertThat(records.calls()).isEmpty();
    }

    private final class SilenceOnly implements AddressTakeover {
        @Override
        public void announce(String guest, String networkInterface, String mac, List<String> addresses) {
            throw new AssertionError("A source announces nothing");
        }

        @Override
        public void silence(String guest) {
            silenced.add(guest + " after " + records.calls().size() + " calls");
        }

        @Override
        public void close() {
            silenced.clear();
        }
    }
}
