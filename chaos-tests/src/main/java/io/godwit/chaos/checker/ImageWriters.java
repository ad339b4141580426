package io.godwit.chaos.checker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds the processes that have an image open for writing. QEMU marks its permissions on an image with locks on
/// single bytes; the one on byte 101 says "I write". They are seen in `/proc/PID/fdinfo`, whoever holds them.
public final class ImageWriters {
    private static final long WRITE_PERMISSION_BYTE = 101;
    private static final Pattern LOCK = Pattern.compile(
            "lock:\\s+\\d+: OFDLCK\\s+\\S+\\s+\\S+ -?\\d+ [0-9a-f]+:[0-9a-f]+:(\\d+) (\\d+) (\\d+|EOF)");

    private final Path proc;

    public ImageWriters() {
        this(Path.of("/proc"));
    }

    /// @param proc for tests
    ImageWriters(Path proc) {
        this.proc = proc;
    }

    /// The processes among these that hold the image for writing.
    ///
    /// @param inode of the image
    public Set<Long> of(long inode, List<Long> processes) {
        Set<Long> writers = new HashSet<>();
        for (long pid : processes) {
            if (descriptors(pid).stream().anyMatch(path -> holds(path, inode))) {
                writers.add(pid);
            }
        }
        return writers;
    }

    public static long inode(Path image) throws IOException {
        return ((Number) Files.getAttribute(image, "unix:ino")).longValue();
    }

    private List<Path> descriptors(long pid) {
        try (Stream<Path> list = Files.list(proc.resolve(pid + "/fdinfo"))) {
            return new ArrayList<>(list.toList());
        } catch (IOException | java.io.UncheckedIOException e) {
            // The process has ended: it writes nothing.
            return List.of();
        }
    }

    private static boolean holds(Path descriptor, long inode) {
        try {
            return Files.readAllLines(descriptor).stream().anyMatch(line -> isWriteLock(line, inode));
        } catch (IOException e) {
            // The descriptor was closed meanwhile.
            return false;
        }
    }

    static boolean isWriteLock(String line, long inode) {
        Matcher lock = LOCK.matcher(line);
        if (!lock.matches() || Long.parseLong(lock.group(1)) != inode) {
            return false;
        }
        long end = lock.group(3).equals("EOF") ? Long.MAX_VALUE : Long.parseLong(lock.group(3));
        return Long.parseLong(lock.group(2)) <= WRITE_PERMISSION_BYTE && end >= WRITE_PERMISSION_BYTE;
    }
}
