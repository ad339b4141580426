package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// Where a guest's QEMU and its agents meet: one folder a guest, which only root may enter.
///
/// @param path `<runDirectory>/<guest>`
record GuestFolder(Path path) {
    /// What fits into `sockaddr_un.sun_path` beside its terminating zero.
    static final int SOCKET_PATH_BYTES_MAX = 107;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
    private static final int SPEC_BYTES_MAX = 1 << 20;

    /// The folder of a guest, there or not.
    static GuestFolder of(Path runDirectory, String guest) {
        if (!NAME.matcher(guest).matches()) {
            throw new IllegalArgumentException("Not a guest's name: " + guest);
        }
        return new GuestFolder(runDirectory.resolve(guest));
    }

    /// The names of all folders below a run directory.
    static List<String> names(Path runDirectory) throws HypervisorException {
        try (Stream<Path> entries = Files.list(runDirectory)) {
            return entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new HypervisorException("Could not list the guests' folders in " + runDirectory, e);
        }
    }

    String guest() {
        return path.getFileName().toString();
    }

    Path spec() {
        return path.resolve("spec.json");
    }

    Path pidFile() {
        return path.resolve("qemu.pid");
    }

    Path qmpSocket() {
        return path.resolve("qmp.sock");
    }

    Path consoleSocket() {
        return path.resolve("console.sock");
    }

    Path consoleLog() {
        return path.resolve("console.log");
    }

    Path log() {
        return path.resolve("qemu.log");
    }

    /// What a QEMU says before it becomes a daemon.
    Path startLog() {
        return path.resolve("start.log");
    }

    /// Where this agent listens for the device state that QEMU saves.
    Path saveSocket() {
        return path.resolve("save.sock");
    }

    /// Where an incoming QEMU listens for its device state.
    Path loadSocket() {
        return path.resolve("load.sock");
    }

    /// Says that the guest is slowed, and where the limits stand; see [GuestThrottle].
    Path throttle() {
        return path.resolve("throttle");
    }

    boolean exists() {
        return Files.isDirectory(path);
    }

    /// Empty if all sockets' paths are short enough for the kernel, else a sentence.
    List<String> pathProblems() {
        int bytes = consoleSocket().toString().getBytes(StandardCharsets.UTF_8).length;
        return bytes <= SOCKET_PATH_BYTES_MAX
                ? List.of()
                : List.of("The path of the guest's sockets is longer than the kernel's " + SOCKET_PATH_BYTES_MAX
                        + " bytes; choose a shorter run directory: " + consoleSocket());
    }

    void create() throws HypervisorException {
        for (String problem : pathProblems()) {
            throw new HypervisorException(problem);
        }
        try {
            Files.createDirectories(path.getParent());
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            throw new HypervisorException("There is already a guest of this name, or what is left of one: " + path, e);
        } catch (IOException e) {
            throw new HypervisorException("Could not create the guest's folder " + path, e);
        }
    }

    void write(StoredGuest guest) throws HypervisorException {
        Path draft = path.resolve("spec.json.new");
        try {
            // Moved into place, so that an agent that dies here leaves no half a specification.
            Files.write(draft, Json.MAPPER.writeValueAsBytes(guest));
            Files.move(draft, spec(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | JacksonException e) {
            throw new HypervisorException("Could not write " + spec(), e);
        }
    }

    StoredGuest read() throws HypervisorException {
        try {
            if (Files.size(spec()) > SPEC_BYTES_MAX) {
                throw new HypervisorException("The specification is larger than " + SPEC_BYTES_MAX + ": " + spec());
            }
            StoredGuest stored = Json.MAPPER.readValue(Files.readAllBytes(spec()), StoredGuest.class);
            if (!stored.spec().name().equals(guest())) {
                throw new HypervisorException("The specification is that of another guest: " + spec());
            }
            return stored;
        } catch (HypervisorException e) {
            throw e;
        } catch (IOException | JacksonException | IllegalArgumentException | NullPointerException e) {
            throw new HypervisorException("Could not read the guest's specification " + spec(), e);
        }
    }

    /// The last bytes of a log as text, or as much of it as there is; empty if there is none.
    static String tail(Path log, int bytesMax) {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long length = file.length();
            byte[] bytes = new byte[(int) Math.min(length, bytesMax)];
            file.seek(length - bytes.length);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /// Removes the folder and everything in it.
    void delete() throws HypervisorException {
        if (!Files.exists(path)) {
            return;
        }
        List<String> left = new ArrayList<>();
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    return remove(file);
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
                    return remove(directory);
                }

                private FileVisitResult remove(Path entry) {
                    try {
                        Files.deleteIfExists(entry);
                    } catch (IOException e) {
                        left.add(e.toString());
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            left.add(e.toString());
        }
        if (!left.isEmpty()) {
            throw new HypervisorException("Could not remove the guest's folder " + path + ": " + left);
        }
    }
}
