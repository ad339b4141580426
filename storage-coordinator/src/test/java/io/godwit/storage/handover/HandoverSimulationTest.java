package io.godwit.storage.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The switchover's end, seed by seed, on a network that does its worst: the source begins the handover, perhaps
/// gives up waiting for that, and takes the guest back, while the target commits; each perhaps twice.
class HandoverSimulationTest {
    private static final int SEEDS = 20_000;
    private static final int STEPS_MAX = 20_000;
    private static final UUID MIGRATION = new UUID(0, 2);
    private static final OwnerContent RUNNING =
            new OwnerContent(new OwnerRecord("alpha", "boot", 7, new OwnerState.Running()), new UUID(0, 1));

    @Test
    void exactlyOneHostHasTheGuestWhateverGetsLost() {
        int committed = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed, OwnerChange::new);
            String broken = run.violation();
            if (broken != null) {
                fail("seed %d: %s", seed, broken);
            }
            committed += run.targetWins() ? 1 : 0;
        }
        // Both outcomes must be common, or the simulation proves nothing.
        assertThat(committed).isBetween(SEEDS / 10, SEEDS * 9 / 10);
    }

    @Test
    void aLostAnswerTakenForAFailureIsCaught() {
        assertThat(seedsThatBreak(LossIsFailure::new)).isPositive();
    }

    @Test
    void aReadTakenForADecisionIsCaught() {
        assertThat(seedsThatBreak(ReadsDecide::new)).isPositive();
    }

    @Test
    void anOmittedFenceIsCaught() {
        assertThat(seedsThatBreak(NoFence::new)).isPositive();
    }

    private static int seedsThatBreak(Function<OwnerEvent, ChangeProcess> planted) {
        int broken = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            broken += new Run(seed, planted).violation() == null ? 0 : 1;
        }
        return broken;
    }

    private static final class Run {
        private final Random random;
        private final SimulatedRecord record;
        private final Function<OwnerEvent, ChangeProcess> processes;
        private final List<Verdict> source = new ArrayList<>();
        private final List<Verdict> target = new ArrayList<>();

        Run(long seed, Function<OwnerEvent, ChangeProcess> processes) {
            random = new Random(seed);
            record = new SimulatedRecord(random, RUNNING);
            this.processes = processes;
            boolean begun = begin();
            List<Client> clients = new ArrayList<>();
            OwnerEvent takeBack = new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.of(7));
            OwnerEvent commit = new OwnerEvent.Commit("web1", "beta", "boot2", MIGRATION);
            clients.add(new Client(takeBack, source));
            if (random.nextInt(4) == 0) {
                clients.add(new Client(new OwnerEvent.Settle("web1", "alpha"), source));
            }
            if (begun) {
                clients.add(new Client(commit, target));
                if (random.nextInt(4) == 0) {
                    clients.add(new Client(commit, target));
                }
            }
            int steps = 0;
            while (!clients.isEmpty() && steps++ < STEPS_MAX) {
                clients.removeIf(client -> random.nextInt(3) == 0 && client.step());
            }
            assertThat(clients).as("who is never done").isEmpty();
            record.deliverAllStrays();
        }

        /// The engine lets the target commit only after the source knows that the handover stands.
        private boolean begin() {
            List<Conclusion> conclusions = new ArrayList<>();
            OwnerEvent begin = new OwnerEvent.BeginHandover("web1", "alpha", 7, "beta", MIGRATION);
            ChangeProcess process = processes.apply(begin);
            ChangeAction action = process.start();
            int patience = random.nextInt(12);
            while (patience-- > 0 && !(action instanceof ChangeAction.Done)) {
                action = process.on(record.perform(action));
            }
            if (action instanceof ChangeAction.Done(Conclusion conclusion)) {
                conclusions.add(conclusion);
            }
            return !conclusions.isEmpty() && conclusions.getFirst() instanceof Conclusion.Held;
        }

        boolean targetWins() {
            return target.stream().anyMatch(Verdict.Mine.class::isInstance);
        }

        @Nullable
        String violation() {
            OwnerContent last = record.now().content();
            if (last == null || !(last.record().state() instanceof OwnerState.Running)) {
                return "the record ends as " + OwnerTransitions.describe(last);
            }
            boolean targetOwns = last.record().host().equals("beta");
            long epoch = targetOwns ? 8 : 7;
            List<Verdict> owner = targetOwns ? target : source;
            List<Verdict> loser = targetOwns ? source : target;
            if (last.record().epoch() != epoch || !owner.stream().allMatch(new Verdict.Mine(epoch)::equals)) {
                return OwnerTransitions.describe(last) + ", but the owner was told " + owner;
            }
            return loser.stream().anyMatch(Verdict.Mine.class::isInstance)
                    ? OwnerTransitions.describe(last) + ", but the loser was told " + loser
                    : null;
        }

        private final class Client {
            private final ChangeProcess process;
            private final List<Verdict> verdicts;
            private @Nullable ChangeAction action;

            Client(OwnerEvent event, List<Verdict> verdicts) {
                this.process = processes.apply(event);
                this.verdicts = verdicts;
            }

            boolean step() {
                ChangeAction present = action == null ? process.start() : process.on(record.perform(action));
                action = present;
                if (present instanceof ChangeAction.Done(Conclusion conclusion)) {
                    verdicts.add(conclusion.verdict());
                    return true;
                }
                return false;
            }
        }
    }

    /// Reads that are confirmed by nobody.
    private static final class ReadsDecide implements ChangeProcess {
        private final OwnerChange inner;

        ReadsDecide(OwnerEvent event) {
            inner = new OwnerChange(event);
        }

        @Override
        public ChangeAction start() {
            return inner.start();
        }

        @Override
        public ChangeAction on(ChangeAnswer answer) {
            ChangeAction next = inner.on(answer);
            return next instanceof ChangeAction.Check ? inner.on(new ChangeAnswer.Applied()) : next;
        }
    }

    /// Records that are believed without being written once more.
    private static final class NoFence implements ChangeProcess {
        private final OwnerChange inner;
        private @Nullable OwnerContent seen;

        NoFence(OwnerEvent event) {
            inner = new OwnerChange(event);
        }

        @Override
        public ChangeAction start() {
            return inner.start();
        }

        @Override
        public ChangeAction on(ChangeAnswer answer) {
            if (answer instanceof ChangeAnswer.Seen(OwnerView view)) {
                seen = view.content();
            }
            ChangeAction next = inner.on(answer);
            return next instanceof ChangeAction.Write write && write.next().equals(seen)
                    ? inner.on(new ChangeAnswer.Applied())
                    : next;
        }
    }
}
