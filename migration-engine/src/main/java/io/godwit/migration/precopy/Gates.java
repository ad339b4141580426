package io.godwit.migration.precopy;

import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.SwitchoverGate.Verdict;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the gate so that only the record decides: a question whose answer is not known is asked again, and an
/// error is never taken for an answer.
final class Gates {
    private static final Logger log = LoggerFactory.getLogger(Gates.class);
    private static final long RETRY_MS = 200;

    private Gates() {}

    private interface Question {
        Verdict ask() throws InterruptedException;
    }

    /// Asks the gate without letting it outlast the session. It returns or throws only when the gate has let go,
    /// so that a later [#takeBack] cannot be overtaken by it.
    static void beginHandover(SwitchoverGate gate, Session session) throws Exception {
        Object lock = new Object();
        var outcome = new Object() {
            boolean done;

            @Nullable
            Exception failure;
        };
        Thread asking = Thread.ofVirtual().name("godwit-handover").start(() -> {
            Exception failure = null;
            try {
                gate.beginHandover();
            } catch (Exception e) {
                failure = e;
            }
            synchronized (lock) {
                outcome.done = true;
                outcome.failure = failure;
            }
            session.changed();
        });
        try {
            session.await(() -> {
                synchronized (lock) {
                    return outcome.done;
                }
            });
        } catch (GivenUp | InterruptedException e) {
            asking.interrupt();
            asking.join();
            throw e;
        }
        synchronized (lock) {
            if (outcome.failure != null) {
                throw outcome.failure;
            }
        }
    }

    static Verdict takeBack(SwitchoverGate gate) {
        return untilKnown("taken back", gate::takeBack);
    }

    /// Has the gate look at what the commit will need, beside whatever the caller does now. Nothing waits for it,
    /// and nothing depends on it.
    static void expectCommit(SwitchoverGate gate) {
        var _ = Thread.ofVirtual().name("godwit-expect-commit").start(() -> {
            try {
                gate.expectCommit();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                log.warn("The record could not be looked at ahead of the commit, which will do so itself", e);
            }
        });
    }

    static Verdict commit(SwitchoverGate gate) {
        return untilKnown("committed", gate::commit);
    }

    /// Waits, however long: until the record is known the guest runs nowhere, and nobody may guess.
    private static Verdict untilKnown(String what, Question question) {
        boolean interrupted = false;
        while (true) {
            try {
                Verdict verdict = question.ask();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return verdict;
            } catch (InterruptedException _) {
                interrupted = true;
            } catch (RuntimeException e) {
                log.error("Whether the guest is {} is not known; asking again", what, e);
                interrupted |= rest();
            }
        }
    }

    /// @return true if this thread was asked to stop, which it must not
    private static boolean rest() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            return false;
        } catch (InterruptedException _) {
            return true;
        }
    }
}
