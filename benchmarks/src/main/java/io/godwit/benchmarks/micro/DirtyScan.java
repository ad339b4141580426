package io.godwit.benchmarks.micro;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.linux.UserfaultTracker;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The time one scan of 512 MiB takes that another process has written to meanwhile, protecting what was written again.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DirtyScan {
    private static final int PAGES = 131_072;
    /// A grandchild, for the tracker refuses its own children; and with our standard input, which a shell keeps from
    /// what it starts in the background.
    private static final String SCRIPT = "exec 3<&0; \"$@\" <&3 & wait";

    /// One page of so many is written between two scans.
    @Param({"4", "64", "4096"})
    private int stride = 64;

    private final PageBitmap written = new PageBitmap(PAGES);
    private @Nullable BenchMemory memory;
    private @Nullable Process shell;
    private @Nullable DataInputStream answers;
    private @Nullable UserfaultTracker tracker;

    @Setup
    @SuppressWarnings("resource") // The tracker lives until the tear-down.
    public void start() throws IOException, HypervisorException {
        BenchMemory made = BenchMemory.create(PAGES);
        memory = made;
        Process started = new ProcessBuilder(
                        "sh",
                        "-c",
                        SCRIPT,
                        "sh",
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PageWriter.class.getName(),
                        made.file().toString(),
                        Integer.toString(stride))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        shell = started;
        DataInputStream said = new DataInputStream(started.getInputStream());
        answers = said;
        long pid = Long.parseLong(line(said));
        // The first scan of a new tracker tells all pages, and arms it.
        UserfaultTracker attached =
                UserfaultTracker.attach(pid, List.of(new UserfaultTracker.Mapping(made.file(), 0, PAGES)));
        tracker = attached;
        attached.scan(written);
    }

    @Setup(Level.Invocation)
    public void write() throws IOException {
        Process started = shell;
        DataInputStream said = answers;
        if (started == null || said == null) {
            throw new IllegalStateException("There is nobody to write");
        }
        started.getOutputStream().write('w');
        started.getOutputStream().flush();
        said.readByte();
        written.clearAll();
    }

    @Benchmark
    public long scan() throws HypervisorException {
        UserfaultTracker current = tracker;
        if (current == null) {
            throw new IllegalStateException("There is no tracker");
        }
        return current.scan(written);
    }

    private static String line(DataInputStream from) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = from.readByte(); next != '\n'; next = from.readByte()) {
            line.append((char) next);
        }
        return line.toString();
    }

    @TearDown
    public void close() throws InterruptedException, IOException {
        UserfaultTracker current = tracker;
        if (current != null) {
            current.close();
        }
        Process started = shell;
        if (started != null) {
            // The end of its input ends the writer, and that the shell.
            started.getOutputStream().close();
            if (!started.waitFor(5, TimeUnit.SECONDS)) {
                started.descendants().forEach(ProcessHandle::destroyForcibly);
                started.destroyForcibly();
            }
        }
        BenchMemory made = memory;
        if (made != null) {
            made.close();
        }
    }
}
