package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// One network namespace the lab has made. Every process in it is the lab's, whoever started it: that is how
/// the leftovers of a crashed run are found without touching anybody else's.
///
/// @param name as `ip netns` shows it
public record Namespace(String name) {
    private static final Path NAMED = Path.of("/run/netns");
    private static final Path PROC = Path.of("/proc");

    /// The command line that runs a program inside.
    public List<String> wrap(String... program) {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
        command.addAll(Arrays.asList(program));
        return command;
    }

    void create() {
        Command.must("ip", "netns", "add", name);
        ip("link", "set", "lo", "up");
    }

    /// Runs `ip` inside.
    public Command.Result ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(Arrays.asList(arguments));
        return Command.must(command.toArray(String[]::new));
    }

    /// Processes inside, threads not counted; none if it does not exist.
    public List<Long> processes() {
        return processesIn(List.of(this));
    }

    /// Processes inside any of these, found in one walk over the machine's. The kernel is asked directly, as
    /// `ip netns pids` does: watches ask many times a second, and a program started for each answer would take the
    /// processor from the guests that are watched.
    static List<Long> processesIn(List<Namespace> namespaces) {
        Set<Object> wanted = new HashSet<>();
        namespaces.forEach(namespace -> identity(NAMED.resolve(namespace.name)).ifPresent(wanted::add));
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC)) {
            for (Path entry : entries) {
                String pid = entry.getFileName().toString();
                if (Character.isDigit(pid.charAt(0))
                        && identity(entry.resolve("ns/net"))
                                .filter(wanted::contains)
                                .isPresent()) {
                    found.add(Long.parseLong(pid));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new LabException("The machine's processes cannot be listed in " + PROC, e);
        }
        return found;
    }

    /// What tells one namespace from another; empty if it, or the process it is asked of, does not exist any more.
    private static Optional<Object> identity(Path namespace) {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(namespace, BasicFileAttributes.class).fileKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// Names of the tap devices inside.
    public List<String> taps() {
        return ip("-o", "link", "show", "type", "tun")
                .stdout()
                .lines()
                .map(line -> line.split(":\\s*", 3)[1])
                .toList();
    }

    /// Kills what runs inside and removes it. Does nothing if it does not exist.
    void destroy() {
        if (!Files.exists(NAMED.resolve(name))) {
            return;
        }
        for (int attempt = 0; attempt < 50; attempt++) {
            List<Long> left = processes();
            if (left.isEmpty()) {
                break;
            }
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            pause();
        }
        Command.must("ip", "netns", "del", name);
    }

    /// Those whose name begins so.
    static List<Namespace> existing(String prefix) {
        if (!Files.isDirectory(NAMED)) {
            return List.of();
        }
        try (Stream<Path> names = Files.list(NAMED)) {
            return names.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .sorted()
                    .map(Namespace::new)
                    .toList();
        } catch (IOException e) {
            throw new LabException("Network namespaces cannot be listed in " + NAMED, e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while a namespace was being emptied", e);
        }
    }
}
