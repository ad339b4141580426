package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds out whether somebody has made pages of a process missing. The kernel is asked and no note of ours,
/// so that it is known whoever did it and whatever has died since.
final class MissingRanges {
    private MissingRanges() {}

    /// The process's own descriptor of the userfaultfd that lets it wait for pages; empty if it waits for
    /// none.
    static Optional<Integer> descriptor(long pid) throws HypervisorException {
        Optional<Integer> found = ProcFiles.openFiles(pid).stream()
                .filter(ProcFiles.OpenFile::isUserfault)
                .map(ProcFiles.OpenFile::fd)
                .filter(fd -> (ProcFiles.userfaultFeatures(pid, fd) & UserfaultAbi.FEATURE_MISSING_SHMEM) != 0)
                .findFirst();
        // One that is left open after its work was done has no mapping any more.
        return found.isPresent() && mapped(pid) ? found : Optional.empty();
    }

    /// Whether any mapping of the process lets who touches a hole wait.
    private static boolean mapped(long pid) throws HypervisorException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/smaps"), StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> line.startsWith("VmFlags:") && (line + " ").contains(" um "));
        } catch (IOException | UncheckedIOException e) {
            throw new HypervisorException("Could not read the mappings of process " + pid, e);
        }
    }
}
