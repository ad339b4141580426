package io.godwit.chaos.checker;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Looks every 10 ms who has an image open for writing, and notes every time that two processes had.
public final class ImageWatch implements AutoCloseable {
    private static final long INTERVAL_MS = 10;
    private static final int VIOLATIONS_MAX = 100;

    private final Supplier<Set<Long>> writers;
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final AtomicLong looks = new AtomicLong();
    private final Set<Long> everyone = new HashSet<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("image-watch").factory());

    /// @param writers who has it open for writing now
    public ImageWatch(Supplier<Set<Long>> writers) {
        this.writers = writers;
        var _ = clock.scheduleWithFixedDelay(this::lookOrNote, 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
    }

    /// The times two processes held the image at once.
    public List<String> violations() {
        return List.copyOf(violations);
    }

    public long looks() {
        return looks.get();
    }

    /// Every process that ever was seen to hold it, to show that the watch sees anything at all.
    public synchronized Set<Long> everyone() {
        return Set.copyOf(everyone);
    }

    private void lookOrNote() {
        try {
            look();
        } catch (RuntimeException e) {
            note("The watch failed: " + e);
        }
    }

    /// One look is a walk over processes, during which the image may rightly pass from one to another. Who is
    /// seen in two looks in a row held it all the time in between.
    private synchronized void look() {
        Set<Long> first = writers.get();
        everyone.addAll(first);
        looks.incrementAndGet();
        if (first.size() > 1) {
            Set<Long> both = new HashSet<>(writers.get());
            both.retainAll(first);
            if (both.size() > 1) {
                note("Image was open for writing in processes " + both + " at once");
            }
        }
    }

    private void note(String violation) {
        if (violations.size() < VIOLATIONS_MAX) {
            violations.add(violation);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
