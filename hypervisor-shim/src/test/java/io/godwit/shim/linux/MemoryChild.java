package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// The program that writes to memory while the tracker's tests look on: a JVM of its own, told what to do line by line
/// and answering each line with one. It stands for a hypervisor.
final class MemoryChild {
    private static final int PAGE_BYTES = 4096;

    private final List<MemorySegment> mappings = new ArrayList<>();
    private volatile boolean writing;
    private Thread writer = new Thread();

    private MemoryChild() {}

    public static void main(String[] arguments) throws Exception {
        MemoryChild child = new MemoryChild();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(child.obey(line.split(" ", -1)));
            }
        }
    }

    private String obey(String[] words) throws IOException, InterruptedException {
        return switch (words[0]) {
            case "map" -> map(words[1], MapMode.READ_WRITE, Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "map-private" -> map(words[1], MapMode.PRIVATE, 0, Long.parseLong(words[2]));
            case "map-read-only" -> map(words[1], MapMode.READ_ONLY, 0, Long.parseLong(words[2]));
            case "open-direct" -> openDirect(words[1]);
            case "write" -> write(Integer.parseInt(words[1]), Long.parseLong(words[2]), Byte.parseByte(words[3]));
            case "read" -> read(Integer.parseInt(words[1]), Long.parseLong(words[2]));
            case "kernel-write" -> kernelWrite(Integer.parseInt(words[1]), Long.parseLong(words[2]), words[3]);
            case "run" -> run(Long.parseLong(words[1]));
            case "halt" -> halt();
            default -> "what";
        };
    }

    private String map(String file, MapMode mode, long offset, long bytes) throws IOException {
        OpenOption[] options = mode.equals(MapMode.READ_ONLY)
                ? new OpenOption[] {StandardOpenOption.READ}
                : new OpenOption[] {StandardOpenOption.READ, StandardOpenOption.WRITE};
        try (FileChannel channel = FileChannel.open(Path.of(file), options)) {
            mappings.add(channel.map(mode, offset, bytes, Arena.global()));
            return "mapped";
        }
    }

    private static String openDirect(String file) throws IOException {
        int direct = 040000;
        Libc.open(Path.of(file), Libc.O_RDONLY | direct, 0).orThrow("Could not open " + file);
        return "opened";
    }

    private String write(int mapping, long page, byte value) {
        page(mapping, page).fill(value);
        return "written";
    }

    private String read(int mapping, long page) {
        MemorySegment bytes = page(mapping, page);
        return Byte.toString(bytes.get(JAVA_BYTE, PAGE_BYTES - 1));
    }

    /// Has the kernel fill the page, as it does when a hypervisor reads a disk on behalf of its guest.
    private String kernelWrite(int mapping, long page, String file) throws IOException {
        ByteBuffer buffer = page(mapping, page).asByteBuffer();
        try (FileChannel channel = FileChannel.open(Path.of(file), StandardOpenOption.READ)) {
            return "read " + channel.read(buffer, 0);
        }
    }

    /// Writes random bytes to random pages of all mappings until told to halt.
    private String run(long seed) {
        writing = true;
        writer = new Thread(() -> {
            SplittableRandom random = new SplittableRandom(seed);
            while (writing) {
                MemorySegment mapping = mappings.get(random.nextInt(mappings.size()));
                mapping.set(JAVA_BYTE, random.nextLong(mapping.byteSize()), (byte) random.nextInt());
            }
        });
        writer.start();
        return "running";
    }

    private String halt() throws InterruptedException {
        writing = false;
        writer.join();
        return "halted";
    }

    private MemorySegment page(int mapping, long page) {
        return mappings.get(mapping).asSlice(page * PAGE_BYTES, PAGE_BYTES);
    }
}
