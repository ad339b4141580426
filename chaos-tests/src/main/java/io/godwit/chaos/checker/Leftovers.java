package io.godwit.chaos.checker;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What a lab holds on to at one moment, to be compared with a later one.
///
/// @param hosts   by name
/// @param znodes  nodes in ZooKeeper
public record Leftovers(Map<String, Host> hosts, long znodes) {

    /// @param guestProcesses  QEMU processes
    /// @param taps            tap devices
    /// @param files           in the run and RAM folders
    /// @param agentThreads    platform threads of the agent
    /// @param agentFiles      descriptors the agent has open
    public record Host(int guestProcesses, int taps, List<String> files, int agentThreads, int agentFiles) {
        public Host {
            files = List.copyOf(files);
        }
    }

    public Leftovers {
        hosts = Map.copyOf(hosts);
    }

    /// An agent's thread pools and connections grow to a size and stay there; beyond this much growth it is a leak.
    static final int THREADS_GROWTH_MAX = 16;

    static final int FILES_GROWTH_MAX = 16;

    public static Leftovers of(Lab lab) {
        Map<String, Host> hosts = new TreeMap<>();
        for (LabHost host : lab.hosts()) {
            hosts.put(
                    host.name(),
                    new Host(
                            host.guestProcesses().size(),
                            host.namespace().taps().size(),
                            host.guestFiles(),
                            entries(host.agentPid(), "task"),
                            entries(host.agentPid(), "fd")));
        }
        return new Leftovers(hosts, lab.zookeeper().nodeCount());
    }

    /// What there is more of than before, as sentences; empty if nothing is.
    public List<String> beyond(Leftovers before) {
        List<String> findings = new ArrayList<>();
        if (znodes > before.znodes) {
            findings.add("ZooKeeper holds more nodes than before: " + znodes + " after " + before.znodes);
        }
        new TreeMap<>(hosts).forEach((name, host) -> {
            Host earlier = before.hosts.get(name);
            if (earlier != null) {
                compare(name, host, earlier, findings);
            }
        });
        return findings;
    }

    private static void compare(String name, Host now, Host before, List<String> findings) {
        grown(name, "QEMU processes", now.guestProcesses, before.guestProcesses, 0, findings);
        grown(name, "taps", now.taps, before.taps, 0, findings);
        grown(name, "agent threads", now.agentThreads, before.agentThreads, THREADS_GROWTH_MAX, findings);
        grown(name, "open files of the agent", now.agentFiles, before.agentFiles, FILES_GROWTH_MAX, findings);
        List<String> files = new ArrayList<>(now.files);
        files.removeAll(before.files);
        if (!files.isEmpty()) {
            findings.add("Host " + name + " has files left over: " + files);
        }
    }

    private static void grown(String name, String what, int now, int before, int slack, List<String> findings) {
        if (now > before + slack) {
            findings.add("Host %s has more %s than before: %d after %d".formatted(name, what, now, before));
        }
    }

    private static int entries(long pid, String folder) {
        if (pid == 0) {
            return 0;
        }
        try (Stream<Path> list = Files.list(Path.of("/proc/" + pid + "/" + folder))) {
            return (int) list.count();
        } catch (IOException e) {
            // The agent has ended: it holds nothing.
            return 0;
        }
    }
}
