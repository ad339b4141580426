package io.godwit.benchmarks.measure;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Looks at the processes of hosts several times a second. What a process computes after the last look before its
/// end is missed: a tenth of a second at most.
public final class HostMeter implements AutoCloseable {
    private static final long INTERVAL_MS = 100;
    private static final int HEAP_EVERY_LOOKS = 20;
    private static final Pattern HEAP_USED =
            Pattern.compile("^jvm_memory_used_bytes\\{area=\"heap\"[^}]*} ([0-9.E+]+)$", Pattern.MULTILINE);

    private final ProcFiles proc = new ProcFiles(Path.of("/proc"));
    private final List<LabHost> hosts;
    private final Set<String> namespaces;
    private final Predicate<String> counted;
    private final List<Long> agents;
    private final Map<Long, Account> accounts = new HashMap<>();
    private final Thread thread;
    private long agentBytesMax;
    private long agentHeapBytesMax;

    /// Seconds of one process.
    private record Use(double cpu, double guest, double guestWait) {
        static final Use NONE = new Use(0, 0, 0);

        Use less(Use before) {
            return new Use(cpu - before.cpu, guest - before.guest, guestWait - before.guestWait);
        }

        /// A thread that has ended is missing from what is read later.
        Use atLeast(Use before) {
            return new Use(
                    Math.max(cpu, before.cpu), Math.max(guest, before.guest), Math.max(guestWait, before.guestWait));
        }
    }

    /// At the first look and at the last.
    private record Account(Use first, Use last) {}

    private HostMeter(List<LabHost> hosts, Predicate<String> counted, boolean withAgents) {
        this.hosts = withAgents ? List.copyOf(hosts) : List.of();
        this.counted = counted;
        this.namespaces =
                hosts.stream().map(LabHost::namespace).map(HostMeter::identity).collect(Collectors.toSet());
        this.agents = this.hosts.stream().map(LabHost::agentPid).toList();
        this.thread = Thread.ofPlatform().daemon().name("host-meter").unstarted(this::run);
    }

    /// Of a move by Godwit: every process counts, and the agents' memory is watched.
    public static HostMeter ofAll(List<LabHost> hosts) {
        return new HostMeter(hosts, _ -> true, true);
    }

    /// Of a move by QEMU: the agents, which idle beside it, do not count.
    public static HostMeter ofGuests(List<LabHost> hosts) {
        return new HostMeter(hosts, HostMeter::isQemu, false);
    }

    private static boolean isQemu(String program) {
        return program.contains("qemu-system");
    }

    /// From here on it counts: what has been computed so far is not the move's.
    public void begin() {
        look(true);
        thread.start();
    }

    /// Ends the watch and tells what was used since [#begin].
    public HostUse stop() {
        close();
        look(false);
        synchronized (accounts) {
            List<Use> uses = accounts.values().stream()
                    .map(one -> one.last().less(one.first()))
                    .toList();
            return new HostUse(
                    uses.stream().mapToDouble(Use::cpu).sum(),
                    uses.stream().mapToDouble(Use::guest).sum(),
                    uses.stream().mapToDouble(Use::guestWait).sum(),
                    agentBytesMax,
                    agentHeapBytesMax);
        }
    }

    private void run() {
        try {
            for (int looks = 1; true; looks++) {
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
                look(false);
                if (looks % HEAP_EVERY_LOOKS == 0) {
                    hosts.forEach(this::lookAtHeap);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// @param first what has been computed by now is not the move's
    private void look(boolean first) {
        synchronized (accounts) {
            for (long pid : proc.processes()) {
                if (namespaces.contains(proc.namespace(pid)) && counted.test(proc.program(pid))) {
                    account(pid, first);
                }
            }
            for (long agent : agents) {
                agentBytesMax = Math.max(agentBytesMax, proc.ownMemoryBytes(agent));
            }
        }
    }

    private void account(long pid, boolean first) {
        double cpu = proc.cpuSeconds(pid);
        if (cpu < 0) {
            return;
        }
        // An agent has many threads and no guest's among them; looking at them all would cost what is measured.
        ProcFiles.GuestTime guest = isQemu(proc.program(pid)) ? proc.guestTime(pid) : ProcFiles.GuestTime.NONE;
        Use now = new Use(cpu, guest.cpuSeconds(), guest.waitSeconds());
        Account before = accounts.getOrDefault(pid, new Account(first ? now : Use.NONE, now));
        accounts.put(pid, new Account(before.first(), now.atLeast(before.last())));
    }

    private void lookAtHeap(LabHost host) {
        long used;
        try {
            used = heapUsed(host.metrics());
        } catch (LabException e) {
            // An agent that is too busy to answer is looked at again in half a second.
            return;
        }
        synchronized (accounts) {
            agentHeapBytesMax = Math.max(agentHeapBytesMax, used);
        }
    }

    /// All of its parts together.
    static long heapUsed(String metrics) {
        double sum = 0;
        Matcher part = HEAP_USED.matcher(metrics);
        while (part.find()) {
            sum += Double.parseDouble(part.group(1));
        }
        return (long) sum;
    }

    /// As `/proc` names it.
    private static String identity(Namespace namespace) {
        try {
            return "net:[" + Files.getAttribute(Path.of("/run/netns", namespace.name()), "unix:ino") + "]";
        } catch (IOException e) {
            throw new LabException("There is no network namespace " + namespace.name(), e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
