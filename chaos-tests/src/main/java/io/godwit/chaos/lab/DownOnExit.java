package io.godwit.chaos.lab;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Takes a lab down if the process is told to end (an interrupt at the terminal) before this is closed. The
/// thread that made it is interrupted and waited for, so that it does not build up what is being taken down.
public final class DownOnExit implements AutoCloseable {
    private static final long WAIT_S = 10;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread worker = Thread.currentThread();
    private final Thread hook;

    public DownOnExit(String lab) {
        hook = new Thread(() -> interruptAndTakeDown(lab), "lab-down");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void interruptAndTakeDown(String lab) {
        worker.interrupt();
        try {
            if (!closed.await(WAIT_S, TimeUnit.SECONDS)) {
                System.err.println("The lab's own thread did not end within " + WAIT_S + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Lab.down(lab);
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs already, and takes the lab down.
            worker.interrupt();
        }
    }
}
