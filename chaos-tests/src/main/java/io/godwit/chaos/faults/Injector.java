package io.godwit.chaos.faults;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.ZooKeeperNode;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Makes faults on the parts of a lab, and undoes them. Undoing may be repeated.
public final class Injector {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);
    private static final long ORDERLY_END_MS = 10_000;
    /// Little more than nothing: a migration takes long enough to be cancelled, ZooKeeper gets through.
    private static final String SLOW_RATE = "2mbit";

    private static final Undo NOTHING = () -> {};

    private final Lab lab;
    private final List<String> guests;
    private final AgentKeeper agents;

    /// What undoes a fault that was made.
    public interface Undo {
        void run() throws InterruptedException;
    }

    /// @param guests  by their numbers in a plan
    public Injector(Lab lab, List<String> guests, AgentKeeper agents) {
        this.lab = lab;
        this.guests = List.copyOf(guests);
        this.agents = agents;
    }

    /// @return how it is undone
    /// @throws LabException if it could not be made; what there is of it has been undone
    public Undo make(PlannedFault fault) throws InterruptedException {
        LabHost host = lab.host(fault.host());
        return switch (fault.kind()) {
            case AGENT_KILLED -> kill(host);
            case AGENT_FROZEN -> freeze(host);
            case AGENT_RESTARTED -> restart(host);
            case GUARD_KILLED -> killGuard(host);
            case GUARD_FROZEN -> freezeGuard(host);
            case QEMU_KILLED -> killQemu(guests.get(fault.guest() - 1));
            case POWER_LOST -> losePower(host);
            case CUT_FROM_ZOOKEEPER -> cutFromZooKeeper(host.number(), true, true);
            case CUT_TO_ZOOKEEPER -> cutFromZooKeeper(host.number(), true, false);
            case CUT_BACK_FROM_ZOOKEEPER -> cutFromZooKeeper(host.number(), false, true);
            case CUT_BETWEEN_HOSTS -> cutBetween(host.number(), fault.other(), true);
            case CUT_ONE_WAY -> cutBetween(host.number(), fault.other(), false);
            case CUT_OFF -> cutOff(host.number());
            case LINK_SLOW -> slow(host.number());
            case ZOOKEEPER_LEADER_KILLED -> kill(lab.zookeeper().leader().orElse(aServer(fault)));
            case ZOOKEEPER_FROZEN -> freeze(aServer(fault));
            case MIGRATION_CANCELLED -> cancelLater(fault);
            case STORAGE_STALLED -> stallStorage();
            case STORAGE_KILLED -> killStorage();
            case STORAGE_AGENT_KILLED -> kill(storage());
        };
    }

    private Undo kill(LabHost host) {
        agents.suspend(host);
        host.killAgent();
        return () -> agents.resume(host);
    }

    private static Undo freeze(LabHost host) {
        host.signalAgent(Signal.STOP);
        return () -> host.signalAgent(Signal.CONT);
    }

    private static Undo killGuard(LabHost host) {
        host.signalGuard(Signal.KILL);
        return NOTHING;
    }

    private static Undo freezeGuard(LabHost host) {
        host.signalGuard(Signal.STOP);
        return () -> host.signalGuard(Signal.CONT);
    }

    private Undo losePower(LabHost host) {
        agents.suspend(host);
        host.losePower();
        return () -> {
            host.regainPower();
            agents.resume(host);
        };
    }

    private Undo cutFromZooKeeper(int host, boolean there, boolean back) {
        if (there) {
            lab.network().cutToZooKeeper(host);
        }
        if (back) {
            lab.network().cutBackFromZooKeeper(host);
        }
        return () -> lab.network().healToZooKeeper(host);
    }

    private Undo cutBetween(int host, int other, boolean bothWays) {
        if (bothWays) {
            lab.network().cut(host, other);
        } else {
            lab.network().cutOneWay(host, other);
        }
        return () -> lab.network().heal(host, other);
    }

    private Undo cutOff(int host) {
        lab.network().uplink(host, false);
        return () -> lab.network().uplink(host, true);
    }

    private Undo slow(int host) {
        lab.network().throttle(host, SLOW_RATE);
        return () -> lab.network().unthrottle(host);
    }

    private static Undo kill(ZooKeeperNode server) {
        server.kill();
        return () -> launch(server);
    }

    private static Undo freeze(ZooKeeperNode server) {
        server.signal(Signal.STOP);
        return () -> server.signal(Signal.CONT);
    }

    private LabHost storage() {
        int number = lab.settings().imageServer();
        if (number == 0) {
            throw new LabException("No host of this lab serves images");
        }
        return lab.host(number);
    }

    private Undo stallStorage() {
        List<Long> daemons = storage().storageProcesses();
        daemons.forEach(pid -> signal(pid, Signal.STOP));
        return () -> daemons.forEach(pid -> signal(pid, Signal.CONT));
    }

    private Undo killStorage() {
        storage().storageProcesses().forEach(pid -> signal(pid, Signal.KILL));
        return NOTHING;
    }

    private Undo restart(LabHost host) throws InterruptedException {
        agents.suspend(host);
        host.signalAgent(Signal.TERM);
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ORDERLY_END_MS);
        while (host.agentAlive() && System.nanoTime() < deadlineNs) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        // As a service manager does in the end.
        host.killAgent();
        return () -> agents.resume(host);
    }

    /// One of the guest's processes: while it migrates it has two, and either may be hit.
    private Undo killQemu(String guest) {
        for (LabHost host : lab.hosts()) {
            for (long pid : host.guestProcesses()) {
                if (isOf(pid, guest)) {
                    signal(pid, Signal.KILL);
                    return NOTHING;
                }
            }
        }
        return NOTHING;
    }

    private static boolean isOf(long pid, String guest) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).contains("guest=" + guest + ",");
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private static void signal(long pid, Signal signal) {
        try {
            Optional<LinuxProcess> process = LinuxProcess.find(pid);
            if (process.isPresent()) {
                process.get().signal(signal);
            }
        } catch (HypervisorException e) {
            throw new LabException("Signal " + signal + " could not be sent to process " + pid, e);
        }
    }

    private ZooKeeperNode aServer(PlannedFault fault) {
        List<ZooKeeperNode> servers = lab.zookeeper().servers();
        return servers.get((fault.host() + fault.guest()) % servers.size());
    }

    private static void launch(ZooKeeperNode server) {
        if (!server.alive()) {
            server.launch();
        }
    }

    /// Lets a migration begin if none is under way, and cancels it when the fault is undone.
    private Undo cancelLater(PlannedFault fault) {
        String path = "/v1/guests/" + guests.get(fault.guest() - 1) + "/migration";
        String body = """
                {"targetHost":"h%d","downtimeBudgetMs":800,"bandwidthBytesPerSecond":4194304,"verify":false,"dryRun":false}""".formatted(fault.other());
        attempt(fault, "POST", path, body);
        return () -> attempt(fault, "DELETE", path, "");
    }

    /// An agent may be down, or refuse: then somebody else's fault was in the way, and that is what chaos is.
    private void attempt(PlannedFault fault, String method, String path, String body) {
        try {
            lab.host(fault.host()).request(method, path, body, ANSWER_TIMEOUT);
        } catch (LabException e) {
            // The other faults of the round are the reason; there is nothing to undo.
        }
    }
}
