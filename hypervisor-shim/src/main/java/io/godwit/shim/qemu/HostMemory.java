package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.RamFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How much memory this host can still promise to guests.
final class HostMemory {
    private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+([0-9]{1,15}) kB$");

    private HostMemory() {}

    /// Bytes for one more guest: what is free both in memory and on the RAM files' file system, less what the
    /// guests here were promised and have not touched yet. May be negative.
    static long availableBytes(Path ramDirectory) throws HypervisorException {
        try {
            Path existing = ramDirectory;
            while (!Files.exists(existing) && existing.getParent() != null) {
                existing = existing.getParent();
            }
            long usable = Files.getFileStore(existing).getUsableSpace();
            return Math.min(availableBytes(Files.readString(MEMORY_INFO)), usable) - promisedBytes(ramDirectory);
        } catch (IOException e) {
            throw new HypervisorException("Could not find out how much memory is free: " + e.getMessage(), e);
        }
    }

    static long availableBytes(String memoryInfo) throws HypervisorException {
        Matcher matcher = AVAILABLE.matcher(memoryInfo);
        if (!matcher.find()) {
            throw new HypervisorException("The kernel does not tell how much memory is free: " + MEMORY_INFO);
        }
        return Long.parseLong(matcher.group(1)) << 10;
    }

    private static long promisedBytes(Path ramDirectory) throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(ramDirectory, "*.ram")) {
            for (Path path : files) {
                sum += untouchedBytes(path);
            }
        } catch (NoSuchFileException e) {
            return 0;
        }
        return sum;
    }

    private static long untouchedBytes(Path path) throws IOException {
        long[] touched = {0};
        try (RamFile file = RamFile.open(path)) {
            file.dataExtents(0, file.bytes(), (offset, bytes) -> touched[0] += bytes);
            return file.bytes() - touched[0];
        } catch (HypervisorException e) {
            if (!Files.exists(path)) {
                // Its guest went away meanwhile.
                return 0;
            }
            throw e;
        }
    }
}
