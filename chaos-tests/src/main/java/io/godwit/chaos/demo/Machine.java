package io.godwit.chaos.demo;

import io.godwit.chaos.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// What figures were measured on: without it they mean nothing.
public record Machine(
        String processor,
        int cores,
        long memoryMiB,
        String kernel,
        String distribution,
        String qemu,
        String java,
        String commit) {

    public static Machine read(Path repository) {
        return new Machine(
                valueOf(Path.of("/proc/cpuinfo"), "model name", ":"),
                Runtime.getRuntime().availableProcessors(),
                readMemoryMiB(),
                System.getProperty("os.version", ""),
                valueOf(Path.of("/etc/os-release"), "PRETTY_NAME", "=").replace("\"", ""),
                firstLine(List.of("qemu-system-x86_64", "--version")),
                Runtime.version().toString(),
                firstLine(List.of("git", "-C", repository.toString(), "rev-parse", "--short", "HEAD")));
    }

    public String markdown() {
        return """
                | | |
                |---|---|
                | processor | %s, %d cores seen |
                | memory | %d MiB |
                | system | %s, Linux %s |
                | QEMU | %s |
                | Java | %s |
                | Godwit | commit %s |
                """.formatted(processor, cores, memoryMiB, distribution, kernel, qemu, java, commit);
    }

    private static long readMemoryMiB() {
        String line = valueOf(Path.of("/proc/meminfo"), "MemTotal", ":");
        String digits = line.replaceAll("\\D", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits) >> 10;
    }

    private static String valueOf(Path file, String key, String separator) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(separator) + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String firstLine(List<String> command) {
        return Command.run(command, Duration.ofSeconds(10))
                .stdout()
                .lines()
                .findFirst()
                .orElse("unknown");
    }
}
