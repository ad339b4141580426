package io.godwit.storage.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// One image on a server whose agent and daemon crash between any two actions, seed by seed, with writers that send
/// on whatever export they ever knew.
class FenceSimulationTest {
    private static final int SEEDS = 5_000;
    private static final int EVENTS = 400;

    private interface Transitions extends BiFunction<FenceState, FenceEvent, FenceStep> {}

    @Test
    void noWriteOfAnOutrunGrantLandsWhateverCrashes() {
        int activated = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            Server server = new Server(seed, FenceTransitions::apply);
            server.run();
            if (server.violation != null) {
                fail("seed %d: %s", seed, server.violation);
            }
            activated += server.activated;
        }
        // Or the simulation proves nothing.
        assertThat(activated).isGreaterThan(SEEDS);
    }

    @Test
    void anAnswerBeforeTheLastRequestHasEndedIsCaught() {
        assertThat(seedsThatBreak(FenceSimulationTest::impatient)).isPositive();
    }

    @Test
    void anActivationThatIsNotRememberedIsCaught() {
        assertThat(seedsThatBreak(FenceSimulationTest::forgetful)).isPositive();
    }

    private static int seedsThatBreak(Transitions planted) {
        int broken = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            Server server = new Server(seed, planted);
            server.run();
            broken += server.violation == null ? 0 : 1;
        }
        return broken;
    }

    /// Takes the order to remove an export for its removal.
    private static FenceStep impatient(FenceState state, FenceEvent event) {
        FenceStep step = FenceTransitions.apply(state, event);
        List<FenceAction> actions = new ArrayList<>(step.actions());
        for (FenceAction action : step.actions()) {
            if (action instanceof FenceAction.Remove(Grant grant)) {
                step = FenceTransitions.apply(step.next(), new FenceEvent.Gone(grant));
                actions.addAll(step.actions());
            }
        }
        return new FenceStep(step.next(), actions);
    }

    /// Keeps its marks in memory only.
    private static FenceStep forgetful(FenceState state, FenceEvent event) {
        FenceStep step = FenceTransitions.apply(state, event);
        List<FenceAction> actions = new ArrayList<>();
        for (FenceAction action : step.actions()) {
            if (action instanceof FenceAction.Remember(Mark mark)) {
                FenceStep next = FenceTransitions.apply(step.next(), new FenceEvent.Remembered(mark));
                actions.addAll(next.actions());
                step = next;
            } else {
                actions.add(action);
            }
        }
        return new FenceStep(step.next(), actions);
    }

    /// The disk, the daemon with the requests under way in it, and the agent that may die.
    private static final class Server {
        private final Random random;
        private final Transitions transitions;
        private @Nullable Mark disk;
        private FenceState agent = FenceState.begin(null);
        private boolean daemonUp = true;
        /// Exports of the daemon with the number of requests under way in each.
        private final Map<Grant, Integer> daemon = new HashMap<>();
        private final Set<Grant> closing = new HashSet<>();
        private final List<FenceAction> todo = new ArrayList<>();
        private final Map<Long, FenceRequest> asked = new HashMap<>();
        private final List<Grant> writers = new ArrayList<>();
        private @Nullable Grant newest;
        private long requests;
        private int activated;
        private @Nullable String violation;

        Server(long seed, Transitions transitions) {
            this.random = new Random(seed);
            this.transitions = transitions;
        }

        void run() {
            feed(new FenceEvent.DaemonBack(Set.of()));
            for (int i = 0; i < EVENTS && violation == null; i++) {
                happen();
            }
        }

        private void happen() {
            switch (random.nextInt(20)) {
                case 0, 1, 2 -> ask();
                case 3 -> agentDies();
                case 4 -> daemonDies();
                case 5 -> daemonComes();
                case 6 -> feed(new FenceEvent.Retry());
                case 7, 8, 9 -> startWrite();
                case 10, 11, 12 -> endWrite();
                default -> act();
            }
        }

        private void ask() {
            Grant grant = new Grant(1 + random.nextInt(1 + activated / 2 + 3), new UUID(0, random.nextInt(2)));
            long id = ++requests;
            FenceRequest request = switch (random.nextInt(4)) {
                case 0 -> new FenceRequest.Prepare(id, grant);
                case 1 -> new FenceRequest.Withdraw(id, grant);
                default -> new FenceRequest.Activate(id, grant);
            };
            asked.put(id, request);
            feed(new FenceEvent.Asked(request));
        }

        /// One of the actions still to be done; the daemon's may overtake the disk's, and the other way round.
        private void act() {
            if (todo.isEmpty()) {
                return;
            }
            FenceAction action = todo.remove(random.nextInt(todo.size()));
            switch (action) {
                case FenceAction.Remember(Mark mark) -> {
                    boolean written = random.nextInt(10) > 0;
                    if (written || random.nextBoolean()) {
                        disk = mark;
                    }
                    feed(written ? new FenceEvent.Remembered(mark) : new FenceEvent.NotRemembered(mark, "disk"));
                }
                case FenceAction.Add(Grant grant) -> add(grant);
                case FenceAction.Remove(Grant grant) -> {
                    closing.add(grant);
                    endIfIdle(grant);
                }
                case FenceAction.Answer(long id) -> answered(id);
                case FenceAction.Refuse _ -> {}
            }
        }

        private void add(Grant grant) {
            if (random.nextInt(10) == 0) {
                feed(new FenceEvent.NotAdded(grant, "no"));
                return;
            }
            if (outrun(grant)) {
                violation = grant + " is granted after " + newest;
            }
            daemon.put(grant, 0);
            writers.add(grant);
            feed(new FenceEvent.Added(grant));
        }

        private void answered(long id) {
            if (asked.get(id) instanceof FenceRequest.Activate(long _, Grant grant)) {
                activated++;
                if (newest == null || grant.epoch() > newest.epoch()) {
                    newest = grant;
                }
            }
        }

        /// An export that is being removed takes no new requests; one that is not takes them from whoever knows it.
        private void startWrite() {
            if (!writers.isEmpty()) {
                Grant grant = writers.get(random.nextInt(writers.size()));
                if (daemon.containsKey(grant) && !closing.contains(grant)) {
                    daemon.merge(grant, 1, Integer::sum);
                }
            }
        }

        private void endWrite() {
            for (Grant grant : List.copyOf(daemon.keySet())) {
                if (daemon.getOrDefault(grant, 0) > 0) {
                    if (outrun(grant)) {
                        violation = "a write of " + grant + " lands after the activation of " + newest;
                    }
                    daemon.merge(grant, -1, Integer::sum);
                    endIfIdle(grant);
                    return;
                }
            }
        }

        /// What was prepared for an epoch to come may be there; whoever has it does not write yet.
        private boolean outrun(Grant grant) {
            return newest != null && grant.epoch() <= newest.epoch() && !grant.equals(newest);
        }

        private void endIfIdle(Grant grant) {
            if (closing.contains(grant) && daemon.getOrDefault(grant, 0) == 0) {
                closing.remove(grant);
                daemon.remove(grant);
                feed(new FenceEvent.Gone(grant));
            }
        }

        private void agentDies() {
            todo.clear();
            asked.clear();
            agent = FenceState.begin(disk);
            if (daemonUp) {
                feed(new FenceEvent.DaemonBack(daemon.keySet()));
            }
        }

        private void daemonDies() {
            if (daemonUp) {
                daemonUp = false;
                daemon.clear();
                closing.clear();
                todo.removeIf(action -> action instanceof FenceAction.Add || action instanceof FenceAction.Remove);
                feed(new FenceEvent.DaemonLost("killed"));
            }
        }

        private void daemonComes() {
            if (!daemonUp) {
                daemonUp = true;
                feed(new FenceEvent.DaemonBack(Set.of()));
            }
        }

        private void feed(FenceEvent event) {
            FenceStep step = transitions.apply(agent, event);
            agent = step.next();
            todo.addAll(step.actions());
        }
    }
}
