package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.CpuHierarchy;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.ThreadThrottle;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Slows a guest's virtual processors, and makes sure that this ends.
///
/// Where the limits stand is written into the guest's folder *before* the first of them exists, and stays there
/// until all are gone. So whoever finds the guest later, alive or dead, can lift what an agent that died has
/// left.
final class GuestThrottle {
    private static final Logger LOG = LoggerFactory.getLogger(GuestThrottle.class);
    private static final int NOTE_BYTES_MAX = 4096;

    private final GuestFolder folder;
    private final LinuxProcess process;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ThreadThrottle throttle;

    GuestThrottle(GuestFolder folder, LinuxProcess process) {
        this.folder = folder;
        this.process = process;
    }

    /// Slows every virtual processor. On failure none is slowed, unless the message says so.
    void hold(QmpLink link, int percent) throws HypervisorException {
        lock.lock();
        try {
            ThreadThrottle held = throttle;
            if (held == null) {
                held = ThreadThrottle.of(hierarchy(), process.pid());
                note(held);
                throttle = held;
            }
            List<Long> threads = processorThreads(link);
            try {
                held.hold(threads, percent);
            } catch (HypervisorException e) {
                removeAll(held);
                throw e;
            }
            LOG.info("Guest {}: its {} processor threads are slowed by {} %", folder.guest(), threads.size(), percent);
        } finally {
            lock.unlock();
        }
    }

    /// Lifts all limits at once; what they stood in is removed by another thread soon after. Idempotent.
    void lift() throws HypervisorException {
        lock.lock();
        try {
            ThreadThrottle held = throttle;
            if (held == null) {
                return;
            }
            held.lift();
            LOG.info("Guest {} is slowed no more", folder.guest());
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("godwit-unthrottle-" + folder.guest()).start(() -> {
            try {
                remove();
            } catch (HypervisorException e) {
                LOG.warn("Guest {} runs freely, but something is left of its throttle", folder.guest(), e);
            }
        });
    }

    /// Lifts all limits and waits until nothing is left of them. Idempotent.
    void remove() throws HypervisorException {
        lock.lock();
        try {
            ThreadThrottle held = throttle;
            if (held != null) {
                removeAll(held);
            }
        } finally {
            lock.unlock();
        }
    }

    private void removeAll(ThreadThrottle held) throws HypervisorException {
        held.remove();
        throttle = null;
        forget(folder);
    }

    /// Lifts what an earlier agent has left of a guest that was slowed when it died. Does nothing if there is
    /// no note of such.
    static void liftNoted(GuestFolder folder) throws HypervisorException {
        String note = GuestFolder.tail(folder.throttle(), NOTE_BYTES_MAX);
        if (!Files.exists(folder.throttle())) {
            return;
        }
        String[] words = note.split("\n", -1);
        long pid;
        try {
            pid = Long.parseLong(words[0]);
        } catch (NumberFormatException e) {
            // Cut off by a crash while it was written: then nothing of what it would tell existed yet.
            forget(folder);
            return;
        }
        if (words.length == 2) {
            ThreadThrottle.existing(hierarchy(), Path.of(words[1]), pid).remove();
            LOG.info("Guest {} was slowed by an agent that is gone, and is so no more", folder.guest());
        }
        forget(folder);
    }

    private void note(ThreadThrottle held) throws HypervisorException {
        String note = process.pid() + "\n" + held.parent() + "\n";
        try (OutputStream out = new FileOutputStream(folder.throttle().toFile())) {
            out.write(note.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new HypervisorException(
                    "Guest " + folder.guest() + " is not slowed, for this could not be noted: " + folder.throttle(), e);
        }
    }

    private static void forget(GuestFolder folder) throws HypervisorException {
        try {
            Files.deleteIfExists(folder.throttle());
        } catch (IOException e) {
            throw new HypervisorException("Could not remove " + folder.throttle(), e);
        }
    }

    private static CpuHierarchy hierarchy() throws HypervisorException {
        return CpuHierarchy.find()
                .orElseThrow(() -> new HypervisorException("Guests cannot be slowed on this host: no control groups for"
                        + " processor time are mounted (the cpu controller of cgroup version 1 or 2)"));
    }

    /// Under TCG one thread may stand for several processors.
    private static List<Long> processorThreads(QmpLink link) throws HypervisorException {
        JsonNode processors = link.execute("query-cpus-fast");
        List<Long> threads = StreamSupport.stream(processors.spliterator(), false)
                .map(processor -> processor.path("thread-id").asLong(0))
                .filter(thread -> thread > 0)
                .distinct()
                .toList();
        if (threads.isEmpty()) {
            throw new HypervisorException("QEMU names no threads of virtual processors");
        }
        return threads;
    }
}
