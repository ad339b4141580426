package io.godwit.shim.qemu;

import static io.godwit.shim.qemu.QemuFixture.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.DeviceState;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A guest goes on in another QEMU where it was paused in the first, or in the first after all.
@Timeout(120)
class DeviceStateTest {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceStateTest.class);

    private QemuFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new QemuFixture();
    }

    @AfterEach
    void close() throws IOException {
        fixture.close();
    }

    @Test
    void the_guest_goes_on_at_the_target_where_it_was_paused() throws Exception {
        Guest source = fixture.counting("mover");
        source.resume();
        QemuFixture.awaitLines(fixture.source, "mover", 3);
        Guest target = fixture.prepareIncoming(source.spec());
        assertThat(target.state()).isEqualTo(RunState.INCOMING);

        long startNs = System.nanoTime();
        source.pause();
        long pausedNs = System.nanoTime();
        DeviceState state = source.saveDeviceState();
        long savedNs = System.nanoTime();
        QemuFixture.copyMemory(source, target);
        long copiedNs = System.nanoTime();
        target.loadDeviceState(state);
        long loadedNs = System.nanoTime();
        assertThat(target.state()).isEqualTo(RunState.PAUSED);
        assertThat(QemuFixture.console(fixture.target, "mover")).isEmpty();
        long resumeNs = System.nanoTime();
        target.resume();
        long endNs = System.nanoTime();
        LOG.info(
                "Device state of {} bytes, us: pause {}, save {}, load {}, resume {}",
                state.bytes().length,
                (pausedNs - startNs) / 1_000,
                (savedNs - pausedNs) / 1_000,
                (loadedNs - copiedNs) / 1_000,
                (endNs - resumeNs) / 1_000);

        QemuFixture.awaitLines(fixture.target, "mover", 5);
        assertThat(source.state()).isEqualTo(RunState.PAUSED);
        assertCountsWithoutGap("mover");
        int counted = lastCount(QemuFixture.console(fixture.target, "mover"));
        source.destroy(LONG);
        await().atMost(LONG).until(() -> BootSector.counterOnDisk(image("mover")) > counted + 2);
    }

    @Test
    void a_guest_that_was_saved_runs_on_at_the_source_and_writes_its_disk() throws Exception {
        Guest guest = fixture.counting("stayer");
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "stayer", 3);
        for (int i = 0; i < 2; i++) {
            guest.pause();
            DeviceState state = guest.saveDeviceState();
            assertThat(guest.state()).isEqualTo(RunState.PAUSED);
            assertThat(guest.saveDeviceState().bytes())
                    .as("a second time in the same pause")
                    .isEqualTo(state.bytes());
            int count = lastCount(QemuFixture.console(fixture.source, "stayer"));
            guest.resume();
            await().atMost(LONG).until(() -> BootSector.counterOnDisk(image("stayer")) > count + 2);
        }
        assertThat(QemuFixture.console(fixture.source, "stayer")).allMatch(line -> line.startsWith("W"));
    }

    @Test
    void the_disk_is_given_up_by_the_save_and_taken_by_the_resume() throws Exception {
        Guest source = fixture.counting("locker");
        source.resume();
        QemuFixture.awaitLines(fixture.source, "locker", 2);
        Guest target = fixture.prepareIncoming(source.spec());
        source.pause();
        DeviceState state = source.saveDeviceState();
        QemuFixture.copyMemory(source, target);
        target.loadDeviceState(state);
        target.resume();

        assertThatThrownBy(source::resume)
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("lock");
        assertThat(source.state()).isEqualTo(RunState.PAUSED);
        target.destroy(LONG);
        source.resume();
        assertThat(source.state()).isEqualTo(RunState.RUNNING);
    }

    @Test
    void only_a_paused_guest_gives_its_state() throws Exception {
        Guest guest = fixture.counting("runner");
        guest.resume();
        assertThatThrownBy(guest::saveDeviceState)
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("must be paused");
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
    }

    @Test
    void a_guest_that_waits_for_its_state_cannot_run() throws Exception {
        Guest target = fixture.prepareIncoming(fixture.spec("waiter", fixture.image("waiter.img", BootSector.COUNTER)));
        assertThatThrownBy(target::resume).hasMessageContaining("before its device state is loaded");
        assertThatThrownBy(target::pause).isInstanceOf(HypervisorException.class);
        assertThat(target.state()).isEqualTo(RunState.INCOMING);
        target.close();
        assertThat(fixture.keep(fixture.target.adopt("waiter").orElseThrow()).state())
                .isEqualTo(RunState.INCOMING);
    }

    @Test
    void a_corrupt_state_is_refused_with_qemus_words() throws Exception {
        DeviceState good = savedState("donor");
        byte[] noMagic = good.bytes().clone();
        noMagic[0] ^= 1;
        byte[] badSection = good.bytes().clone();
        Arrays.fill(badSection, 40, 4000, (byte) 0xff);
        byte[] half = Arrays.copyOf(good.bytes(), good.bytes().length / 2);
        for (byte[] bytes : List.of(noMagic, badSection, half, new byte[0])) {
            Guest target = fixture.prepareIncoming(fixture.spec("victim", image("donor")));
            assertThatThrownBy(() -> target.loadDeviceState(new DeviceState(bytes)))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("QEMU's log: ")
                    .hasMessageMatching("(?s).*(load|stream|section|magic|migration).*");
            assertThat(target.gone().get(10, TimeUnit.SECONDS)).isNotNull();
            target.destroy(LONG);
            assertThat(fixture.target.present()).isEmpty();
        }
    }

    @Test
    void a_failed_save_leaves_the_guest_paused_and_able_to_run() throws Exception {
        Guest guest = fixture.counting("stuck");
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "stuck", 1);
        guest.pause();
        // The socket cannot be made where a folder stands.
        Path inTheWay = fixture.runDirectory("a").resolve("stuck/save.sock");
        Files.createDirectories(inTheWay.resolve("full"));
        assertThatThrownBy(guest::saveDeviceState)
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("Could not receive the device state");
        Files.delete(inTheWay.resolve("full"));
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
        assertThat(guest.saveDeviceState().bytes()).isNotEmpty();
        guest.resume();
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
    }

    private DeviceState savedState(String name) throws Exception {
        Guest guest = fixture.counting(name);
        guest.resume();
        QemuFixture.awaitLines(fixture.source, name, 1);
        guest.pause();
        DeviceState state = guest.saveDeviceState();
        guest.destroy(LONG);
        return state;
    }

    /// What the target printed continues what the source printed; a line may be cut in two by the move.
    private void assertCountsWithoutGap(String name) throws IOException {
        String all =
                Files.readString(fixture.source.consoleLog(name)) + Files.readString(fixture.target.consoleLog(name));
        List<String> lines = all.substring(0, all.lastIndexOf('\n')).lines().toList();
        assertThat(lines)
                .isEqualTo(IntStream.rangeClosed(1, lines.size())
                        .mapToObj("W%04x"::formatted)
                        .toList());
    }

    private static int lastCount(List<String> console) {
        return Integer.parseInt(console.getLast().substring(1), 16);
    }

    private Path image(String name) {
        return fixture.directory().resolve(name + ".img");
    }
}
