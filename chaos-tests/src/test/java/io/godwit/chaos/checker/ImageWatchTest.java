package io.godwit.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class ImageWatchTest {

    @Test
    void notesTwoProcessesThatHoldAnImageAtOnce() {
        AtomicReference<Set<Long>> writers = new AtomicReference<>(Set.of(1L));
        try (ImageWatch watch = new ImageWatch(writers::get)) {
            await().until(() -> watch.looks() > 2);
            assertThat(watch.violations()).isEmpty();
            writers.set(Set.of(1L, 2L));
            await().until(() -> !watch.violations().isEmpty());
            assertThat(watch.violations().getFirst()).contains("1").contains("2");
        }
    }

    @Test
    void anImageThatPassesOnDuringALookIsNoViolation() {
        // The walk meets the source while it still holds the image, then the target that has just taken it.
        Iterator<Set<Long>> looks =
                List.of(Set.of(1L), Set.of(1L, 2L), Set.of(2L)).iterator();
        try (ImageWatch watch = new ImageWatch(() -> looks.hasNext() ? looks.next() : Set.of(2L))) {
            await().until(() -> watch.looks() > 3);
            assertThat(watch.violations()).isEmpty();
            assertThat(watch.everyone()).containsExactlyInAnyOrder(1L, 2L);
        }
    }

    @Test
    void aWatchThatCannotLookSaysSo() {
        try (ImageWatch watch = new ImageWatch(() -> {
            throw new IllegalStateException("planted");
        })) {
            await().until(() -> !watch.violations().isEmpty());
            assertThat(watch.violations().getFirst()).contains("planted");
        }
    }
}
