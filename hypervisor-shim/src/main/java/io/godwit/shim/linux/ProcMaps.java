package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The mappings of a process, as `/proc/PID/maps` tells them.
final class ProcMaps {
    /// The kernel's own default limit is 65530 mappings a process; administrators raise it for databases.
    static final int MAPPINGS_MAX = 1 << 20;

    private static final Pattern LINE = Pattern.compile(
            "([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([a-z-]{4}) ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+) (\\d+) *(.*)");

    private ProcMaps() {}

    /// @param offset where in the file the mapping begins, in bytes
    /// @param file   device and inode as this kernel names them here: not always what `stat` says of the file
    /// @param path   for people only; empty for anonymous memory
    record Entry(long start, long end, String permissions, long offset, FileId file, String path) {
        boolean sharedAndWritable() {
            return permissions.charAt(1) == 'w' && permissions.charAt(3) == 's';
        }

        boolean executable() {
            return permissions.charAt(2) == 'x';
        }

        boolean contains(long address) {
            return Long.compareUnsigned(start, address) <= 0 && Long.compareUnsigned(address, end) < 0;
        }
    }

    record FileId(String device, long inode) {}

    static List<Entry> read(long pid) throws HypervisorException {
        Path maps = Path.of("/proc/" + pid + "/maps");
        // Names of mapped files are bytes of any kind; Latin-1 never fails on them.
        try (Stream<String> lines = Files.lines(maps, StandardCharsets.ISO_8859_1)) {
            return lines.limit(MAPPINGS_MAX)
                    .map(ProcMaps::parse)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (AccessDeniedException e) {
            throw new HypervisorException("May not look at process " + pid + ": " + ProcFiles.PERMISSION_NEEDED, e);
        } catch (IOException | UncheckedIOException e) {
            throw new HypervisorException("Could not read the mappings of process " + pid, e);
        }
    }

    /// Empty for a line that is not a mapping.
    static Optional<Entry> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(new Entry(
                Long.parseUnsignedLong(matcher.group(1), 16),
                Long.parseUnsignedLong(matcher.group(2), 16),
                matcher.group(3),
                Long.parseUnsignedLong(matcher.group(4), 16),
                new FileId(matcher.group(5), Long.parseUnsignedLong(matcher.group(6))),
                matcher.group(7)));
    }
}
