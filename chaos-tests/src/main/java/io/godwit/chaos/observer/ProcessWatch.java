package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Looks every 15 ms at every QEMU of a lab's hosts: whether it is there, whether it is stopped, and whether its
/// guest's processors have run since the last look. Tells only what has changed.
///
/// That a guest *executes* is told by the processor time of its own threads, to the nanosecond: a copy that is
/// paused, or waits for its memory, uses none.
public final class ProcessWatch implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(15);
    /// A new QEMU takes longer than this to run its guest.
    private static final int LOOKS_PER_SEARCH = 3;
    /// A process may become another program while it is young.
    private static final long YOUNG_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int QUIET_LOOKS = 2;
    private static final long MADE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(400);
    private static final long REPORT_NS = TimeUnit.SECONDS.toNanos(1);

    private final Proc proc = new Proc(Path.of("/proc"));
    private final Map<String, String> hosts = new HashMap<>();
    private final Consumer<Event> events;
    private final Map<Long, Copy> copies = new HashMap<>();
    private final Map<Long, Long> strangers = new HashMap<>();
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable RuntimeException failure;

    /// One QEMU as it was at the last look.
    private static final class Copy {
        final String process;
        final long startTicks;
        List<Long> processors = List.of();
        String state = "";
        long ranNs;
        long lookedAtNs;
        private final long foundAtNs;
        private int quietLooks;

        Copy(String process, long startTicks, long foundAtNs) {
            this.process = process;
            this.startTicks = startTicks;
            this.foundAtNs = foundAtNs;
            this.lookedAtNs = foundAtNs;
        }

        /// Whether its processors' threads are made. That takes them some time of their own; then they stand
        /// still, for every guest starts paused.
        boolean isMade(long nowRanNs, long nowNs) {
            boolean made = quietLooks >= QUIET_LOOKS || nowNs - foundAtNs > MADE_NS_MAX;
            if (!made) {
                quietLooks = processors.isEmpty() || nowRanNs != ranNs ? 0 : quietLooks + 1;
            }
            return made;
        }
    }

    // Not relied upon: a watch that comes late only sees less sharply, and says so.
    @SuppressWarnings("ThreadPriorityCheck")
    private ProcessWatch(Lab lab, Consumer<Event> events) {
        this.events = events;
        for (LabHost host : lab.hosts()) {
            hosts.put("net:[" + inode(host.namespace().name()) + "]", host.name());
        }
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("process-watch")
                .priority(Thread.MAX_PRIORITY)
                .unstarted(this::run);
    }

    /// Begins at once.
    public static ProcessWatch start(Lab lab, Consumer<Event> events) {
        ProcessWatch watch = new ProcessWatch(lab, events);
        watch.thread.start();
        return watch;
    }

    private static long inode(String namespace) {
        try {
            return ((Number) Files.getAttribute(Path.of("/run/netns", namespace), "unix:ino")).longValue();
        } catch (IOException e) {
            throw new LabException("Network namespace cannot be found: " + namespace, e);
        }
    }

    private void run() {
        try {
            watch();
        } catch (IOException | RuntimeException e) {
            failure = new LabException("The watch over the processes has failed", e);
        }
    }

    private void watch() throws IOException {
        long reportedAtNs = System.nanoTime();
        long lastNs = reportedAtNs;
        long longestGapNs = 0;
        int looks = 0;
        while (!closing) {
            long nowNs = System.nanoTime();
            longestGapNs = Math.max(longestGapNs, nowNs - lastNs);
            lastNs = nowNs;
            if (looks % LOOKS_PER_SEARCH == 0) {
                search(nowNs);
            }
            look();
            looks++;
            if (nowNs - reportedAtNs > REPORT_NS) {
                events.accept(new Event.Watched(nowNs, looks, longestGapNs));
                reportedAtNs = nowNs;
                longestGapNs = 0;
                looks = 0;
            }
            long restNs = INTERVAL_NS - (System.nanoTime() - nowNs);
            LockSupport.parkNanos(Math.max(restNs, TimeUnit.MILLISECONDS.toNanos(1)));
        }
    }

    private void search(long nowNs) throws IOException {
        Set<Long> present = new HashSet<>(proc.processes());
        strangers.keySet().retainAll(present);
        for (long pid : present) {
            Long strangerSinceNs = strangers.get(pid);
            boolean settled = strangerSinceNs != null && nowNs - strangerSinceNs > YOUNG_NS;
            if (settled || copies.containsKey(pid)) {
                continue;
            }
            String host = hosts.get(proc.namespace(pid));
            if (host != null && proc.program(pid).contains("qemu-system")) {
                strangers.remove(pid);
                find(pid, host, nowNs);
            } else {
                strangers.putIfAbsent(pid, nowNs);
            }
        }
    }

    private void find(long pid, String host, long nowNs) {
        List<String> arguments = proc.arguments(pid);
        String guest = guest(arguments);
        proc.stat(pid).ifPresent(stat -> {
            if (guest.isEmpty()) {
                return;
            }
            Copy copy = new Copy(pid + "/" + stat.startTicks(), stat.startTicks(), nowNs);
            copies.put(pid, copy);
            events.accept(new Event.ProcessFound(nowNs, copy.process, host, guest, arguments.contains("-incoming")));
        });
    }

    /// From `-name guest=NAME,...`; empty if there is none.
    static String guest(List<String> arguments) {
        int option = arguments.indexOf("-name");
        if (option < 0
                || option + 1 >= arguments.size()
                || !arguments.get(option + 1).startsWith("guest=")) {
            return "";
        }
        String name = arguments.get(option + 1).substring("guest=".length());
        int end = name.indexOf(',');
        return end < 0 ? name : name.substring(0, end);
    }

    private void look() {
        var entries = copies.entrySet().iterator();
        while (entries.hasNext()) {
            var entry = entries.next();
            if (!look(entry.getKey(), entry.getValue())) {
                entries.remove();
            }
        }
    }

    /// @return whether it is still there
    private boolean look(long pid, Copy copy) {
        long beforeNs = System.nanoTime();
        Proc.Stat stat = proc.stat(pid).orElse(null);
        if (stat == null || stat.startTicks() != copy.startTicks || stat.state().equals("Z")) {
            events.accept(new Event.ProcessGone(System.nanoTime(), copy.lookedAtNs, copy.process));
            return false;
        }
        if (copy.processors.isEmpty()) {
            copy.processors = proc.guestProcessors(pid);
        }
        long ranNs = Math.max(copy.ranNs, proc.ranNs(pid, copy.processors));
        boolean told = copy.isMade(ranNs, beforeNs) && ranNs != copy.ranNs;
        if (told || !quiet(stat.state()).equals(quiet(copy.state))) {
            events.accept(new Event.ProcessLook(
                    System.nanoTime(), copy.lookedAtNs, copy.process, stat.state(), told ? ranNs - copy.ranNs : 0));
        }
        copy.ranNs = ranNs;
        copy.state = stat.state();
        copy.lookedAtNs = beforeNs;
        return true;
    }

    /// Running and sleeping are no news: a QEMU changes between them all the time.
    private static String quiet(String state) {
        return state.equals("T") || state.equals("t") ? "T" : "";
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        RuntimeException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }
}
