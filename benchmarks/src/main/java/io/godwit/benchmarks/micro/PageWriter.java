package io.godwit.benchmarks.micro;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A process that maps a file and writes pages of it when it is told to: what a hypervisor is to the tracker. For each
/// byte it reads it writes one page of so many, and answers with a byte. Before that it says its process number.
public final class PageWriter {
    private static final int PAGE_BYTES = 4096;

    private PageWriter() {}

    /// @param arguments the file, and the distance in pages of what is written
    public static void main(String... arguments) throws IOException {
        int stride = Integer.parseInt(arguments[1]);
        try (Arena arena = Arena.ofShared();
                FileChannel file =
                        FileChannel.open(Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment ram = file.map(FileChannel.MapMode.READ_WRITE, 0, file.size(), arena);
            System.out.println(ProcessHandle.current().pid());
            System.out.flush();
            byte value = 0;
            while (System.in.read() >= 0) {
                value++;
                for (long at = 0; at < ram.byteSize(); at += (long) stride * PAGE_BYTES) {
                    ram.set(ValueLayout.JAVA_BYTE, at, value);
                }
                System.out.write(value);
                System.out.flush();
            }
        }
    }
}
