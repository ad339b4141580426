package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// One network namespace the lab has made. Every process in it is the lab's, whoever started it: that is how
/// the leftovers of a crashed run are found without touching anybody else's.
///
/// @param name as `ip netns` shows it
public record Namespace(String name) {
    private static final Path NAMED = Path.of("/run/netns");

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

    /// Processes inside, threads not counted.
    public List<Long> processes() {
        Command.Result pids = Command.run(List.of("ip", "netns", "pids", name), java.time.Duration.ofSeconds(20));
        return pids.stdout().lines().map(String::strip).map(Long::parseLong).toList();
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
