package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.agent.guard.LeaseMode.Step;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LeaseModeTest {
    private static final long WAIT_MS = 1_802;

    @Test
    void isEnforcedBeforeItIsRecorded() {
        LeaseMode mode = new LeaseMode(0, true);
        assertThat(mode.next(true, WAIT_MS)).isEqualTo(new Step.EnforceThenRecord(WAIT_MS));
        assertThatThrownBy(mode::recording).isInstanceOf(IllegalStateException.class);
        LeaseMode again = new LeaseMode(0, true);
        again.enforcing();
        again.recording();
        again.recorded(WAIT_MS);
        assertThat(again.next(true, WAIT_MS)).isEqualTo(new Step.Nothing());
        assertThat(again.isRecorded()).isTrue();
    }

    @Test
    void isRecordedAsGivenUpBeforeItIs() {
        LeaseMode mode = new LeaseMode(WAIT_MS, false);
        assertThat(mode.next(false, WAIT_MS)).isEqualTo(new Step.RecordNone());
        mode.recording();
        // The answer was lost: the record may say either.
        assertThat(mode.next(false, WAIT_MS)).isEqualTo(new Step.RecordNone());
        mode.recording();
        mode.recorded(0);
        assertThat(mode.next(false, WAIT_MS)).isEqualTo(new Step.Relax());
        mode.relaxed();
        assertThat(mode.next(false, WAIT_MS)).isEqualTo(new Step.Nothing());
        LeaseMode hasty = new LeaseMode(WAIT_MS, false);
        hasty.recording();
        assertThatThrownBy(hasty::relaxed).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anotherWaitIsRecordedAnew() {
        LeaseMode mode = new LeaseMode(WAIT_MS, false);
        assertThat(mode.next(true, WAIT_MS + 1)).isEqualTo(new Step.EnforceThenRecord(WAIT_MS + 1));
        mode.recording();
        assertThat(mode.next(true, WAIT_MS)).isEqualTo(new Step.EnforceThenRecord(WAIT_MS));
    }

    /// An operator turns the switch as he likes, writes are applied or not and their answers get lost: whenever the
    /// record says that the lease is enforced, it is, and what is wanted comes about once answers arrive.
    @Test
    void theRecordNeverSaysMoreThanIsTrue() {
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            Played played = new Played(random);
            boolean wanted = true;
            for (int i = 0; i < 60; i++) {
                wanted = random.nextInt(5) == 0 ? !wanted : wanted;
                played.step(wanted, 1_000 + random.nextInt(2), 3);
            }
            for (int i = 0; i < 4; i++) {
                played.step(wanted, 1_000, 0);
            }
            assertThat(played.recorded).as("seed %d", seed).isEqualTo(wanted ? 1_000 : 0);
            assertThat(played.deadlines).as("seed %d", seed).isEqualTo(wanted);
        }
    }

    /// A host: what its record says, and whether its guests have deadlines.
    private static final class Played {
        private final Random random;
        private final LeaseMode mode = new LeaseMode(0, false);
        private long recorded;
        private boolean deadlines = true;

        Played(Random random) {
            this.random = random;
        }

        /// @param trouble of ten, how many writes go wrong
        void step(boolean wanted, long waitMs, int trouble) {
            switch (mode.next(wanted, waitMs)) {
                case Step.Nothing _ -> {}
                case Step.Relax _ -> {
                    mode.relaxed();
                    deadlines = false;
                }
                case Step.RecordNone _ -> write(0, trouble);
                case Step.EnforceThenRecord(long enforced) -> {
                    mode.enforcing();
                    if (random.nextInt(10) >= trouble) {
                        deadlines = true;
                        check();
                        write(enforced, trouble);
                    }
                }
            }
            check();
        }

        private void write(long waitMs, int trouble) {
            mode.recording();
            boolean bad = random.nextInt(10) < trouble;
            if (!bad || random.nextBoolean()) {
                recorded = waitMs;
            }
            if (!bad) {
                mode.recorded(waitMs);
            }
        }

        private void check() {
            assertThat(recorded > 0 && !deadlines).isFalse();
        }
    }
}
