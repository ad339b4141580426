package io.godwit.agent.guard;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The directory in which a host's guard has its lock, its socket and its log, and how a guard is started and
/// ended.
///
/// @param directory  short enough for a Unix socket in it: the kernel wants less than 108 bytes
/// @param watchdog   the device that watches the guard; empty for none
record GuardPlace(Path directory, String watchdog) {
    /// Small and fixed, collected by one thread in less than a millisecond, compiled no further than it pays
    /// off.
    private static final List<String> JAVA_OPTIONS = List.of(
            "-Xms24m",
            "-Xmx24m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxMetaspaceSize=48m",
            "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED");
    private static final Duration KILL_WAIT = Duration.ofSeconds(2);

    GuardPlace(Path directory) {
        this(directory, "");
    }

    Path socket() {
        return directory.resolve("guard.sock");
    }

    Path log() {
        return directory.resolve("guard.log");
    }

    private Path lock() {
        return directory.resolve("guard.lock");
    }

    /// What a guard holds while it lives.
    interface Taken extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /// Makes this process the host's guard, and writes down which one that is.
    ///
    /// @throws IOException if another process is the guard
    Taken take() throws IOException {
        FileChannel channel = FileChannel.open(lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException("Another guard is at work: " + directory);
        }
        LinuxProcess self = LinuxProcess.find(ProcessHandle.current().pid()).orElseThrow();
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((self.pid() + " " + self.startTimeTicks()).getBytes(StandardCharsets.US_ASCII)));
        return channel::close;
    }

    /// The guard that was written down last, if it is alive.
    Optional<LinuxProcess> guard() {
        try {
            String[] words = Files.readString(lock(), StandardCharsets.US_ASCII).split(" ", -1);
            if (words.length != 2) {
                return Optional.empty();
            }
            return Optional.of(new LinuxProcess(Long.parseLong(words[0]), Long.parseLong(words[1])))
                    .filter(LinuxProcess::isAlive);
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /// Starts a guard in a session of its own, so that no signal to the agent's terminal or group reaches it.
    /// Returns before it is up.
    Process start() throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA_OPTIONS);
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Guard.class.getName(), directory.toString()));
        if (!watchdog.isEmpty()) {
            command.add(watchdog);
        }
        return new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    /// Ends the guard that is written down, even a frozen one. Guests keep the state they are in.
    void kill() throws HypervisorException {
        Optional<LinuxProcess> guard = guard();
        if (guard.isPresent()) {
            guard.get().signal(LinuxProcess.Signal.KILL);
            if (!guard.get().awaitExit(KILL_WAIT)) {
                throw new HypervisorException(
                        "The guard cannot be ended: process " + guard.get().pid());
            }
        }
    }
}
