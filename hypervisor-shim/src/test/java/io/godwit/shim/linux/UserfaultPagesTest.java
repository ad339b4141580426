package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.UserfaultTracker.Mapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Missing pages against this machine's kernel and another process that touches them.
@Timeout(120)
class UserfaultPagesTest {
    private static final long PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final long LOW_PAGES = 100;
    private static final long HIGH_PAGES = 20;
    private static final Duration LONG = Duration.ofSeconds(20);

    private Path directory;
    private Path low;
    private Path high;
    private SharedGuestMemory memory;
    private ChildGuest child;

    @BeforeEach
    void startChild() throws Exception {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-missing-");
        low = directory.resolve("low");
        high = directory.resolve("high");
        memory = SharedGuestMemory.map(
                List.of("low", "high"),
                List.of(RamFile.create(low, LOW_PAGES * PAGE_BYTES), RamFile.create(high, HIGH_PAGES * PAGE_BYTES)));
        child = ChildGuest.start();
        child.map(low, 0, LOW_PAGES * PAGE_BYTES);
        child.map(high, 0, HIGH_PAGES * PAGE_BYTES);
    }

    @AfterEach
    void stopChild() throws Exception {
        child.close();
        memory.close();
        Files.delete(low);
        Files.delete(high);
        Files.delete(directory);
    }

    @Test
    void whatIsThereStaysAndThePagesBehindItGetTheirOwnContent() throws Exception {
        memory.pages(1, 1).fill((byte) 7);
        try (UserfaultPages pages = attach()) {
            assertThat(pages.place(0, content(1, 2, 3))).isEqualTo(2);
            assertThat(child.tell("read 0 0")).isEqualTo("1");
            assertThat(child.tell("read 0 1")).isEqualTo("7");
            assertThat(child.tell("read 0 2")).isEqualTo("3");
            child.write(0, 2, 9);
            assertThat(pages.place(2, content(3))).isZero();
            assertThat(child.tell("read 0 2")).as("what it wrote itself").isEqualTo("9");
        }
    }

    @Test
    void theLastPageOfAFileAndTheFirstOfTheNextAreTakenForNoOther() throws Exception {
        try (UserfaultPages pages = attach()) {
            CompletableFuture<String> last = touch("read 0 " + (LOW_PAGES - 1));
            assertThat(nextFaults(pages)).containsExactly(LOW_PAGES - 1);
            assertThat(pages.place(LOW_PAGES - 1, content(4))).isEqualTo(1);
            assertThat(last.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("4");
            CompletableFuture<String> first = touch("read 1 0");
            assertThat(nextFaults(pages)).containsExactly(LOW_PAGES);
            assertThat(pages.place(LOW_PAGES, content(5))).isEqualTo(1);
            assertThat(first.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("5");
        }
    }

    @Test
    void aFaultThatAFormerHolderWasToldIsToldToTheNext() throws Exception {
        CompletableFuture<String> waiting;
        try (UserfaultPages former = attach()) {
            waiting = touch("read 0 5");
            assertThat(nextFaults(former)).containsExactly(5L);
        }
        assertThat(UserfaultPages.missing(child.pid())).isTrue();
        try (UserfaultPages pages = attach()) {
            assertThat(child.userfaultFds()).hasSize(1);
            assertThat(nextFaults(pages)).containsExactly(5L);
            pages.place(5, content(6));
            assertThat(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("6");
        }
    }

    /// As if two connections had brought the page at once.
    @Test
    void whoWaitsForAPageThatIsThereByNowGoesOnWhenItIsPlacedAgain() throws Exception {
        try (UserfaultPages pages = attach()) {
            CompletableFuture<String> waiting = touch("read 0 5");
            assertThat(nextFaults(pages)).containsExactly(5L);
            memory.pages(5, 1).fill((byte) 3);
            assertThat(pages.place(5, content(8))).isZero();
            assertThat(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("3");
        }
    }

    @Test
    void allWhoWaitAreToldOfAtOnce() throws Exception {
        try (UserfaultPages pages = attach()) {
            child.tell("run 11");
            var _ = touch("read 0 5");
            await().atMost(LONG).until(() -> pendingFaults() == 2);
            assertThat(nextFaults(pages)).hasSize(2).contains(5L);
        }
    }

    @Test
    void nothingIsMissingOnceItIsComplete() throws Exception {
        try (UserfaultPages pages = attach()) {
            CompletableFuture<String> waiting = touch("read 1 5");
            assertThat(nextFaults(pages)).containsExactly(LOW_PAGES + 5);
            pages.complete();
            assertThat(waiting.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("0");
            assertThat(UserfaultPages.missing(child.pid())).isFalse();
            assertThat(child.userfaultFds()).isEmpty();
            assertThat(child.tell("read 0 5")).isEqualTo("0");
        }
    }

    @Test
    void aDescriptorThatNoMappingBelongsToAnyMoreMakesNothingMissing() throws Exception {
        int left = RemoteSyscalls.run(
                child.process(),
                LONG,
                remote -> remote.call(UserfaultAbi.SYS_USERFAULTFD, UserfaultAbi.MISSING_FLAGS)
                        .intOrThrow("no userfaultfd"));
        try (Arena arena = Arena.ofConfined();
                FileHandle userfault = new FileHandle("left", child.process().takeDescriptor(left))) {
            userfault
                    .call(fd -> Libc.ioctl(fd, UserfaultAbi.UFFDIO_API, UserfaultAbi.missingApi(arena)))
                    .orThrow("no missing pages");
        }
        assertThat(ProcFiles.userfaultFeatures(child.pid(), left) & UserfaultAbi.FEATURE_MISSING_SHMEM)
                .isNotZero();
        assertThat(UserfaultPages.missing(child.pid())).isFalse();
    }

    private UserfaultPages attach() throws HypervisorException {
        return UserfaultPages.attach(
                child.pid(), List.of(new Mapping(low, 0, LOW_PAGES), new Mapping(high, LOW_PAGES, HIGH_PAGES)));
    }

    /// Tells the child something that it may not be able to do at once.
    private CompletableFuture<String> touch(String command) {
        return CompletableFuture.supplyAsync(
                () -> child.tell(command), task -> Thread.ofPlatform().daemon().start(task));
    }

    private static long[] nextFaults(UserfaultPages pages) throws HypervisorException {
        long[] faults = new long[8];
        int told = pages.awaitFaults(faults, LONG);
        return Arrays.copyOf(faults, told);
    }

    /// Who waits and was not told of yet, as the kernel says.
    private long pendingFaults() {
        try {
            Path info = Path.of(
                    "/proc/" + child.pid() + "/fdinfo/" + child.userfaultFds().getFirst());
            return Files.readAllLines(info).stream()
                    .filter(line -> line.startsWith("pending:"))
                    .mapToLong(line ->
                            Long.parseLong(line.substring("pending:".length()).strip()))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One page for each value.
    private static MemorySegment content(int... values) {
        byte[] bytes = new byte[values.length * GuestMemory.PAGE_BYTES];
        for (int i = 0; i < values.length; i++) {
            Arrays.fill(bytes, i * GuestMemory.PAGE_BYTES, (i + 1) * GuestMemory.PAGE_BYTES, (byte) values[i]);
        }
        return MemorySegment.ofArray(bytes);
    }
}
