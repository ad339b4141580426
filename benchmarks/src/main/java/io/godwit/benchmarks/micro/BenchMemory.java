package io.godwit.benchmarks.micro;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.SharedGuestMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/// A guest's RAM as the agent sees it: a file in memory, mapped.
final class BenchMemory implements AutoCloseable {
    private static final int SEED = 4711;
    private static final int RANDOM_BYTES_OF_TEXT = 104;
    private static final int TEXT_BYTES = 512;

    private final Path folder;
    private final Path file;
    private final SharedGuestMemory memory;

    private BenchMemory(Path folder, Path file, SharedGuestMemory memory) {
        this.folder = folder;
        this.file = file;
        this.memory = memory;
    }

    /// All of it one hole.
    static BenchMemory create(long pages) {
        try {
            Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-micro-");
            Path file = folder.resolve("ram");
            return new BenchMemory(
                    folder,
                    file,
                    SharedGuestMemory.map(
                            List.of("ram0"), List.of(RamFile.create(file, pages * GuestMemory.PAGE_BYTES))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GuestMemory memory() {
        return memory;
    }

    Path file() {
        return file;
    }

    /// As the lab's guests fill theirs: `zero`, `text` (compresses to about a quarter) or `random`.
    void fill(String content) {
        Random random = new Random(SEED);
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        for (long number = 0; number < memory.pageCount(); number++) {
            switch (content) {
                case "zero" -> java.util.Arrays.fill(page, (byte) 0);
                case "text" -> textLike(random, page);
                case "random" -> random.nextBytes(page);
                default -> throw new IllegalArgumentException("No such content: " + content);
            }
            MemorySegment.copy(MemorySegment.ofArray(page), 0, memory.pages(number, 1), 0, page.length);
        }
    }

    /// A little that is new, five times over.
    private static void textLike(Random random, byte[] page) {
        byte[] fresh = new byte[RANDOM_BYTES_OF_TEXT];
        for (int i = 0; i < page.length; i++) {
            if (i % TEXT_BYTES == 0) {
                random.nextBytes(fresh);
            }
            page[i] = fresh[i % TEXT_BYTES % RANDOM_BYTES_OF_TEXT];
        }
    }

    @Override
    public void close() {
        memory.close();
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
