package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// Holds single threads of a process back: each is put into a control group of its own that gets at most a part
/// of one processor's time. All other threads of the process go on as they like.
///
/// The kernel keeps the limits whatever becomes of this process. The groups stand below the one that the
/// process is in and are named after it, so that whoever knows these two can lift them: see [#lift] and
/// [#remove].
public final class ThreadThrottle {
    /// A thread that has used up its part rests until the next period begins: short, for it may hold a lock of
    /// its hypervisor's, and the guest's answers wait as long.
    static final int PERIOD_US = 10_000;

    private static final int REMOVE_TRIES = 20;
    private static final long REMOVE_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final CpuHierarchy hierarchy;
    private final Path parent;
    private final long pid;

    private ThreadThrottle(CpuHierarchy hierarchy, Path parent, long pid) {
        this.hierarchy = hierarchy;
        this.parent = parent;
        this.pid = pid;
    }

    /// For the threads of a live process. Changes nothing yet.
    ///
    /// @throws HypervisorException if this host cannot limit processor time; the message says why
    public static ThreadThrottle of(CpuHierarchy hierarchy, long pid) throws HypervisorException {
        try {
            return new ThreadThrottle(hierarchy, hierarchy.groupOf(pid), pid);
        } catch (IOException e) {
            throw new HypervisorException("The control group of process " + pid + " is not known: " + said(e), e);
        }
    }

    /// For what an earlier one of the same process has left, dead or alive.
    ///
    /// @param parent as [#parent] told
    public static ThreadThrottle existing(CpuHierarchy hierarchy, Path parent, long pid) throws HypervisorException {
        Path normal = parent.normalize();
        if (!normal.startsWith(hierarchy.mount())) {
            throw new HypervisorException("Not a control group of this host: " + parent);
        }
        return new ThreadThrottle(hierarchy, normal, pid);
    }

    /// The group below which the threads' groups stand.
    public Path parent() {
        return parent;
    }

    /// Gives each of the threads at most `100 - percent` per cent of a processor, from now on. On failure some
    /// of them may be held back: lift it.
    ///
    /// @param percent from 1 to 99
    public void hold(List<Long> threads, int percent) throws HypervisorException {
        if (percent < 1 || percent > 99) {
            throw new IllegalArgumentException("A thread cannot be slowed by this many per cent: " + percent);
        }
        try {
            for (long thread : threads) {
                Path group = group(thread);
                prepare(group);
                limit(group, PERIOD_US / 100 * (100 - percent));
                write(group.resolve(threadsFile()), Long.toString(thread));
            }
        } catch (IOException e) {
            throw new HypervisorException("The threads of process " + pid + " could not be held back: " + said(e), e);
        }
    }

    /// Takes all limits away. Fast: the groups stay, and limit nothing. Idempotent.
    ///
    /// @throws HypervisorException naming the groups that still limit
    public void lift() throws HypervisorException {
        List<String> failures = new ArrayList<>();
        for (Path group : groups()) {
            try {
                limit(group, -1);
            } catch (IOException e) {
                failures.add(said(e));
            }
        }
        if (!failures.isEmpty()) {
            throw new HypervisorException("Process " + pid + " is still held back: " + failures);
        }
    }

    /// Puts the threads back to where they came from and removes the groups, limits and all. Idempotent; works
    /// alike for a process that has ended.
    ///
    /// @throws HypervisorException naming what is left
    public void remove() throws HypervisorException {
        List<String> failures = new ArrayList<>();
        for (Path group : groups()) {
            String failure = remove(group);
            if (!failure.isEmpty()) {
                failures.add(failure);
            }
        }
        if (!failures.isEmpty()) {
            throw new HypervisorException("Control groups of process " + pid + " are left: " + failures);
        }
    }

    private String remove(Path group) {
        String failure = "";
        for (int attempt = 0; attempt < REMOVE_TRIES; attempt++) {
            try {
                // First, in case the rest fails.
                limit(group, -1);
                for (String thread : threads(group)) {
                    moveOut(thread);
                }
                Files.deleteIfExists(group);
                return "";
            } catch (NoSuchFileException e) {
                return "";
            } catch (IOException e) {
                // A thread that has just ended, or just begun, keeps the group for a moment.
                failure = said(e);
                LockSupport.parkNanos(REMOVE_RETRY_NANOS);
            }
        }
        return failure;
    }

    private void moveOut(String thread) throws IOException {
        try {
            write(parent.resolve(threadsFile()), thread);
        } catch (IOException e) {
            if (Files.exists(Path.of("/proc/" + pid + "/task/" + thread))) {
                throw e;
            }
        }
    }

    private void prepare(Path group) throws IOException {
        try {
            Files.createDirectory(group);
        } catch (FileAlreadyExistsException _) {
            return;
        }
        if (hierarchy.unified()) {
            // Only a threaded group may hold threads apart from their process, and it must be one before the parent
            // hands out processor time, since the parent holds processes itself.
            write(group.resolve("cgroup.type"), "threaded");
            Path handedOut = parent.resolve("cgroup.subtree_control");
            if (!CpuHierarchy.lists(handedOut, "cpu")) {
                write(handedOut, "+cpu");
            }
        }
    }

    /// @param quotaUs of each period; -1 for no limit
    private void limit(Path group, int quotaUs) throws IOException {
        if (hierarchy.unified()) {
            write(group.resolve("cpu.max"), (quotaUs < 0 ? "max" : Integer.toString(quotaUs)) + " " + PERIOD_US);
            return;
        }
        write(group.resolve("cpu.cfs_quota_us"), "-1");
        if (quotaUs >= 0) {
            write(group.resolve("cpu.cfs_period_us"), Integer.toString(PERIOD_US));
            write(group.resolve("cpu.cfs_quota_us"), Integer.toString(quotaUs));
        }
    }

    private Path group(long thread) {
        return parent.resolve(prefix() + thread);
    }

    private String prefix() {
        return "godwit-" + pid + "-";
    }

    private String threadsFile() {
        return hierarchy.unified() ? "cgroup.threads" : "tasks";
    }

    private List<Path> groups() throws HypervisorException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith(prefix()))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new HypervisorException("Control groups could not be listed in " + parent + ": " + said(e), e);
        }
    }

    private List<String> threads(Path group) throws IOException {
        try (InputStream in = new FileInputStream(group.resolve(threadsFile()).toFile())) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        } catch (FileNotFoundException e) {
            throw Files.exists(group) ? e : new NoSuchFileException(group.toString());
        }
    }

    /// By a stream that an interruption does not close: limits have to be lifted whatever happens to the
    /// thread.
    private static void write(Path file, String text) throws IOException {
        try (OutputStream out = new FileOutputStream(file.toFile())) {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static String said(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
