package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import io.godwit.shim.StorageDaemonSettings;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/// Checks a host against its configuration. May run while the agent runs or before it was ever started.
public final class Doctor {
    private Doctor() {}

    /// @return what was found, in the order in which it is best mended; never empty. Takes some seconds at most.
    public static List<Finding> check(AgentConfig config) {
        return check(config, Path.of("/"), System.getProperty("os.version"), Instant.now());
    }

    /// @param root  under which `proc`, `sys` and `dev` stand
    static List<Finding> check(AgentConfig config, Path root, String kernelRelease, Instant now) {
        HostChecks host = new HostChecks(root, kernelRelease);
        PlaceChecks places = new PlaceChecks(config);
        NetworkChecks network = new NetworkChecks(config, root);
        List<Finding> findings = new ArrayList<>();
        add(findings, "kernel", () -> List.of(host.kernel()));
        add(findings, "page tracking", () -> List.of(host.userfaultfd()));
        add(findings, "privileges", () -> List.of(host.privileges()));
        add(findings, "QEMU", () -> List.of(HostChecks.qemu(Command.SYSTEM)));
        add(findings, "accelerator", () -> List.of(host.accelerator(config.accelerator())));
        add(findings, "tap devices", () -> List.of(network.tun()));
        add(findings, "bridge", () -> List.of(network.bridge()));
        add(findings, "address", () -> List.of(network.address()));
        add(findings, "ports", network::ports);
        add(findings, "run directory", () -> List.of(places.runDirectory()));
        add(findings, "RAM directory", () -> List.of(places.ramDirectory()));
        add(findings, "images", places::imageDirectories);
        add(findings, "image server", () -> ImageChecks.check(config, StorageDaemonSettings.BINARY));
        add(findings, "certificates", () -> CertificateChecks.check(config, now));
        add(findings, "ZooKeeper", () -> ZooKeeperChecks.check(config));
        add(findings, "lease", () -> List.of(LeaseCheck.check(config)));
        add(findings, "failover", () -> LeaseCheck.cluster(config));
        add(findings, "clock", () -> List.of(ClockCheck.check(Command.SYSTEM)));
        return findings;
    }

    // One check that cannot be made must not hide the others.
    private static void add(List<Finding> findings, String name, Callable<List<Finding>> check) {
        try {
            findings.addAll(check.call());
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            findings.add(Finding.fail(name, "could not be checked: " + e, "Run godwit doctor as root."));
        }
    }
}
