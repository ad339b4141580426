package io.godwit.storage.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.AddressTakeover;
import io.godwit.storage.FrameSender;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class AddressAnnouncerTest {
    private static final String MAC = "52:54:00:12:34:56";

    private final ManualTimers timers = new ManualTimers();
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final List<String> sent = new ArrayList<>();
    private final FrameSender sender =
            (networkInterface, frame) -> sent.add(timers.nowMs + " " + networkInterface + " " + frame.length);

    @Test
    void announcesAtOnceAndThenForFiveSeconds() {
        AddressAnnouncer announcer = new AddressAnnouncer(sender, timers, meters);
        announcer.announce("web1", "br0", MAC, List.of("fd00::7"));
        timers.runUntil(60_000);
        assertThat(sent)
                .containsExactly(
                        "0 br0 86",
                        "50 br0 86",
                        "150 br0 86",
                        "400 br0 86",
                        "900 br0 86",
                        "2000 br0 86",
                        "3000 br0 86",
                        "4000 br0 86",
                        "5000 br0 86");
        assertThat(count("sent")).isEqualTo(9);
        assertThat(announcer.pendingGuests()).isZero();
    }

    @Test
    void silenceEndsAllCardsOfOneGuestOnly() {
        AddressAnnouncer announcer = new AddressAnnouncer(sender, timers, meters);
        announcer.announce("web1", "br0", MAC, List.of("fd00::7"));
        announcer.announce("web1", "br1", MAC, List.of("fd00::8"));
        announcer.announce("web2", "br2", MAC, List.of("10.0.0.1"));
        timers.runUntil(60);
        assertThat(sent).hasSize(8).contains("50 br0 86", "50 br1 86", "50 br2 42");
        announcer.silence("web1");
        announcer.silence("web1");
        sent.clear();
        timers.runUntil(60_000);
        assertThat(sent).hasSize(14).allMatch(line -> line.contains("br2"));
        assertThat(announcer.pendingGuests()).isZero();
    }

    @Test
    void aFailureIsCountedAndTriedAgain() {
        List<String> arrived = new ArrayList<>();
        FrameSender failing = (networkInterface, _) -> {
            if (timers.nowMs < 400) {
                throw new IOException("no such interface");
            }
            arrived.add(networkInterface);
        };
        AddressAnnouncer announcer = new AddressAnnouncer(failing, timers, meters);
        announcer.announce("web1", "br0", MAC, List.of("fd00::7"));
        timers.runUntil(60_000);
        assertThat(arrived).hasSize(6);
        assertThat(count("failed")).isEqualTo(3);
        assertThat(count("sent")).isEqualTo(6);
    }

    @Test
    void anotherAnnouncementOfTooManyGivesTheOldestUp() {
        AddressAnnouncer announcer = new AddressAnnouncer(sender, timers, meters);
        for (int card = 0; card <= AddressAnnouncer.CARDS_MAX; card++) {
            announcer.announce("web1", "br" + card, MAC, List.of("fd00::7"));
        }
        timers.runUntil(0);
        assertThat(sent).hasSize(AddressAnnouncer.CARDS_MAX).noneMatch(line -> line.contains("br0 "));
    }

    @Test
    void refusesWhatIsNoAddress() {
        AddressAnnouncer announcer = new AddressAnnouncer(sender, timers, meters);
        assertThatThrownBy(() -> announcer.announce("web1", "br0", MAC, List.of("a.host.example")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> announcer.announce("web1", "br0", MAC, Collections.nCopies(65, "10.0.0.1")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(announcer.pendingGuests()).isZero();
    }

    @Test
    void aRealThreadSendsAtOnceAndIsGoneAfterClosing() {
        List<String> arrived = new CopyOnWriteArrayList<>();
        AddressTakeover takeover = AddressTakeover.over((card, _) -> arrived.add(card), meters);
        takeover.announce("web1", "br0", MAC, List.of("fd00::7"));
        await().atMost(Duration.ofSeconds(10)).until(() -> arrived.size() >= 2);
        takeover.close();
        int atClosing = arrived.size();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("godwit-announcer")));
        assertThat(arrived).hasSize(atClosing);
    }

    private double count(String outcome) {
        return meters.get("godwit.announcement.frames")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private static final class ManualTimers implements Timers {
        private record Due(long atMs, Runnable task) {}

        private final List<Due> due = new ArrayList<>();
        private long nowMs;

        @Override
        public Runnable after(long delayMs, Runnable task) {
            Due entry = new Due(nowMs + delayMs, task);
            due.add(entry);
            return () -> due.remove(entry);
        }

        void runUntil(long endMs) {
            while (true) {
                Due next = due.stream()
                        .filter(entry -> entry.atMs() <= endMs)
                        .min(Comparator.comparingLong(Due::atMs))
                        .orElse(null);
                if (next == null) {
                    nowMs = endMs;
                    return;
                }
                due.remove(next);
                nowMs = next.atMs();
                next.task().run();
            }
        }

        @Override
        public void close() {
            due.clear();
        }
    }
}
