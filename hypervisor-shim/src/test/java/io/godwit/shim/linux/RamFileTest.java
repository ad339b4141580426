package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RamFileTest {
    private static final long THREE_GIB = 3L << 30;

    private Path directory;
    private Path path;

    @BeforeEach
    void makeDirectory() throws Exception {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-ramfile-");
        path = directory.resolve("ram");
    }

    @AfterEach
    void removeDirectory() throws Exception {
        Files.deleteIfExists(path);
        Files.delete(directory);
    }

    @Test
    void maps_more_than_two_gib_and_tells_data_from_holes() throws Exception {
        try (RamFile file = RamFile.create(path, THREE_GIB);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ram = file.map(arena);
            assertThat(ram.byteSize()).isEqualTo(THREE_GIB);
            assertThat(extents(file, 0, THREE_GIB)).isEmpty();

            ram.set(JAVA_BYTE, 4096 * 3 + 7, (byte) 1);
            ram.set(JAVA_BYTE, THREE_GIB - 1, (byte) 2);
            assertThat(extents(file, 0, THREE_GIB)).containsExactly("12288+4096", (THREE_GIB - 4096) + "+4096");
            assertThat(extents(file, 0, 4096 * 3)).isEmpty();
            assertThat(extents(file, 4096 * 3, 4096 * 4)).containsExactly("12288+4096");
        }
    }

    @Test
    void anonymous_memory_is_like_a_file_and_in_no_folder() throws Exception {
        try (RamFile file = RamFile.anonymous("godwit-ramfile", 1 << 20);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ram = file.map(arena);
            ram.set(JAVA_BYTE, 4096 * 3 + 7, (byte) 1);
            assertThat(extents(file, 0, 1 << 20)).containsExactly("12288+4096");
            file.punchHole(4096 * 3, 4096);
            assertThat(extents(file, 0, 1 << 20)).isEmpty();
            assertThat(ram.get(JAVA_BYTE, 4096 * 3 + 7)).isZero();
            assertThat(file.path()).doesNotExist();
        }
    }

    @Test
    void a_punched_hole_reads_as_zero_in_a_mapping_made_before() throws Exception {
        try (RamFile file = RamFile.create(path, 1 << 20);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ram = file.map(arena);
            ram.fill((byte) 0x5a);
            file.punchHole(4096, 8192);
            assertThat(ram.get(JAVA_BYTE, 4095)).isEqualTo((byte) 0x5a);
            assertThat(ram.asSlice(4096, 8192).mismatch(arena.allocate(8192))).isEqualTo(-1);
            assertThat(ram.get(JAVA_BYTE, 12288)).isEqualTo((byte) 0x5a);
            file.punchHole(0, 0);
            assertThat(ram.get(JAVA_BYTE, 0)).isEqualTo((byte) 0x5a);
        }
    }

    @Test
    void two_openings_share_the_bytes() throws Exception {
        try (RamFile created = RamFile.create(path, 8192);
                RamFile opened = RamFile.open(path);
                Arena arena = Arena.ofConfined()) {
            created.map(arena).set(JAVA_BYTE, 5000, (byte) 42);
            assertThat(opened.bytes()).isEqualTo(8192);
            assertThat(opened.map(arena).get(JAVA_BYTE, 5000)).isEqualTo((byte) 42);
        }
    }

    @Test
    void only_the_owner_may_open_it() throws Exception {
        RamFile.create(path, 4096).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void creating_leaves_a_file_that_is_there_alone() throws Exception {
        Files.writeString(path, "precious");
        assertThatThrownBy(() -> RamFile.create(path, 4096))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("Could not create RAM file")
                .hasMessageContaining("EEXIST");
        assertThat(Files.readString(path)).isEqualTo("precious");
    }

    @Test
    void a_size_the_kernel_refuses_leaves_no_file() {
        assertThatThrownBy(() -> RamFile.create(path, -1)).isInstanceOf(HypervisorException.class);
        assertThat(path).doesNotExist();
    }

    @Test
    void refuses_ranges_outside_the_file_and_use_after_close() throws Exception {
        RamFile file = RamFile.create(path, 8192);
        assertThatThrownBy(() -> file.punchHole(4096, 8192)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> extents(file, 0, 8193)).isInstanceOf(IndexOutOfBoundsException.class);
        file.close();
        file.close();
        assertThatThrownBy(() -> file.punchHole(0, 4096))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("closed");
    }

    private static List<String> extents(RamFile file, long from, long to) throws HypervisorException {
        List<String> extents = new ArrayList<>();
        file.dataExtents(from, to, (offset, bytes) -> extents.add(offset + "+" + bytes));
        return extents;
    }
}
