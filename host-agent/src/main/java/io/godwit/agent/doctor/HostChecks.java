package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig.Accelerator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/// The kernel, what it lets us do, and QEMU.
final class HostChecks {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");
    private static final Pattern QEMU_VERSION = Pattern.compile("version (\\d{1,3})\\.(\\d{1,3})\\S*");
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_NET_RAW = 13;
    private static final int CAP_SYS_PTRACE = 19;
    private static final int CAP_SYS_ADMIN = 21;

    private final Path root;
    private final String release;

    HostChecks(Path root, String release) {
        this.root = root;
        this.release = release;
    }

    Finding kernel() {
        Matcher matcher = RELEASE.matcher(release);
        if (!matcher.matches()) {
            return Finding.warn(
                    "kernel", "its version is not understood: " + release, "Godwit needs Linux 6.7 or newer.");
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        if (major < 6 || (major == 6 && minor < 7)) {
            return Finding.fail(
                    "kernel",
                    "Linux " + release + " has no PAGEMAP_SCAN, with which written pages are found",
                    "Install Linux 6.7 or newer; on Debian 12 the kernel from bookworm-backports.");
        }
        return Finding.ok("kernel", "Linux " + release);
    }

    Finding userfaultfd() throws IOException {
        String name = "page tracking";
        Path ptrace = root.resolve("proc/sys/kernel/yama/ptrace_scope");
        if (Files.isReadable(ptrace) && Files.readString(ptrace).strip().equals("3")) {
            return Finding.fail(
                    name,
                    "kernel.yama.ptrace_scope is 3: nobody may attach to QEMU",
                    "Set kernel.yama.ptrace_scope to 2 or less in /etc/sysctl.d and reboot.");
        }
        Optional<List<String>> config = kernelConfig();
        for (String option : List.of("CONFIG_USERFAULTFD", "CONFIG_PTE_MARKER_UFFD_WP", "CONFIG_PROC_PAGE_MONITOR")) {
            if (config.isPresent() && !config.get().contains(option + "=y")) {
                return Finding.fail(name, "this kernel was built without " + option, "Install Debian's own kernel.");
            }
        }
        // The sysctl is there exactly if the system call is.
        if (!Files.exists(root.resolve("proc/sys/vm/unprivileged_userfaultfd"))) {
            return Finding.fail(name, "this kernel has no userfaultfd", "Install Debian's own kernel.");
        }
        return config.isPresent()
                ? Finding.ok(name, "userfaultfd with write protection of shared memory")
                : Finding.warn(
                        name,
                        "userfaultfd is there; whether it write-protects shared memory is not known, for neither "
                                + "/boot/config-" + release + " nor /proc/config.gz can be read",
                        "Nothing, if the kernel is Debian's own.");
    }

    Finding privileges() throws IOException {
        long effective = Files.readAllLines(root.resolve("proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .findFirst()
                .orElse(0L);
        List<String> missing = new ArrayList<>();
        requireCapability(effective, CAP_NET_ADMIN, "CAP_NET_ADMIN", missing);
        requireCapability(effective, CAP_NET_RAW, "CAP_NET_RAW", missing);
        requireCapability(effective, CAP_SYS_PTRACE, "CAP_SYS_PTRACE", missing);
        requireCapability(effective, CAP_SYS_ADMIN, "CAP_SYS_ADMIN", missing);
        return missing.isEmpty()
                ? Finding.ok("privileges", "all that is needed")
                : Finding.fail("privileges", "missing: " + String.join(", ", missing), "Run as root.");
    }

    static Finding qemu(Command command) throws InterruptedException {
        String output =
                command.output(List.of("qemu-system-x86_64", "--version")).orElse("");
        Matcher matcher = QEMU_VERSION.matcher(output);
        if (!matcher.find()) {
            return Finding.fail(
                    "QEMU", "qemu-system-x86_64 is not there or does not run", "apt install qemu-system-x86");
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        String version = "QEMU " + matcher.group().substring("version ".length());
        return major > 7 || (major == 7 && minor >= 2)
                ? Finding.ok("QEMU", version)
                : Finding.warn(
                        "QEMU",
                        version + " is older than any that Godwit is tested with",
                        "Install QEMU 7.2 or newer.");
    }

    Finding accelerator(Accelerator wanted) throws IOException {
        boolean device = Files.exists(root.resolve("dev/kvm"));
        boolean flag = cpuHasVirtualization();
        String found = device && flag
                ? "KVM"
                : device ? "/dev/kvm is there, but the CPU has neither vmx nor svm" : "there is no /dev/kvm";
        String remedy = "Load kvm_intel or kvm_amd, and switch virtualization on in the firmware.";
        return switch (wanted) {
            case AUTO ->
                device && flag
                        ? Finding.ok("accelerator", found)
                        : Finding.warn("accelerator", found + ": guests run under TCG, many times slower", remedy);
            case KVM ->
                device && flag
                        ? Finding.ok("accelerator", found)
                        : Finding.fail("accelerator", found, remedy + " Or configure accelerator: tcg.");
            case TCG -> Finding.ok("accelerator", "TCG, as configured");
        };
    }

    private boolean cpuHasVirtualization() throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(root.resolve("proc/cpuinfo"), StandardCharsets.UTF_8)) {
            return lines.lines()
                    .filter(line -> line.startsWith("flags"))
                    .anyMatch(line -> List.of(line.split("\\s+")).contains("vmx")
                            || List.of(line.split("\\s+")).contains("svm"));
        }
    }

    private Optional<List<String>> kernelConfig() throws IOException {
        Path packaged = root.resolve("boot/config-" + release);
        if (Files.isReadable(packaged)) {
            return Optional.of(Files.readAllLines(packaged));
        }
        Path running = root.resolve("proc/config.gz");
        if (!Files.isReadable(running)) {
            return Optional.empty();
        }
        try (InputStream raw = Files.newInputStream(running);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(new GZIPInputStream(raw), StandardCharsets.UTF_8))) {
            return Optional.of(lines.lines().limit(50_000).toList());
        }
    }

    private static void requireCapability(long effective, int bit, String name, List<String> missing) {
        if ((effective >>> bit & 1) == 0) {
            missing.add(name);
        }
    }
}
