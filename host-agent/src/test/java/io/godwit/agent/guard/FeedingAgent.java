package io.godwit.agent.guard;

import io.godwit.shim.linux.LinuxClock;
import io.godwit.shim.linux.LinuxProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Stands for an agent in a process of its own: feeds the guard until it is stopped or killed.
final class FeedingAgent {
    private FeedingAgent() {}

    /// @param arguments the guard's directory, the lease and the grace in ms, the guest's process and its start
    public static void main(String[] arguments) throws Exception {
        long leaseNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[1]));
        long graceNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[2]));
        GuardedProcess guest = new GuardedProcess(
                "web1", new LinuxProcess(Long.parseLong(arguments[3]), Long.parseLong(arguments[4])));
        CountDownLatch never = new CountDownLatch(1);
        try (GuardLink link = new GuardLink(new GuardPlace(Path.of(arguments[0])), _ -> {})) {
            link.open();
            do {
                long now = LinuxClock.bootTimeNs();
                link.feed(now + leaseNs, now + leaseNs + graceNs, List.of(guest));
            } while (!never.await(50, TimeUnit.MILLISECONDS));
        }
    }
}
