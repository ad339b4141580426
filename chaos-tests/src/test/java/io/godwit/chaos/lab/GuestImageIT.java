package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.ImageWriters;
import io.godwit.chaos.checker.RecordChecker;
import io.godwit.chaos.probe.AcknowledgementProbe;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.probe.StreamProbe;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestStatus;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.chaos.workload.MemoryVerdict;
import io.godwit.shim.linux.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The lab's guest, network and probes by themselves: QEMU is started by hand, without an agent.
final class GuestImageIT {
    private static Lab lab;
    private static GuestFile guest;
    private static GuestServices services;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.upWithoutAgents(LabSettings.standard("guestit").withHosts(2));
        guest = lab.guest("g1", 1, 256, new GuestWorkload(64, 16, 5, GuestWorkload.Fill.TEXT, 50));
        services = lab.services(guest);
        Namespace host = lab.host(1).namespace();
        host.ip("tuntap", "add", "tap0", "mode", "tap");
        host.ip("link", "set", "tap0", "master", "br0", "up");
        Command.run(host.wrap(qemu()), Duration.ofSeconds(20)).orThrow();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> services.status()
                        .filter(status -> status.memoryPages() > 0)
                        .isPresent());
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
        assertThat(Namespace.existing(LabNetwork.prefix("guestit"))).isEmpty();
        assertThat(Path.of("/run/godwit-lab/guestit")).doesNotExist();
    }

    private static String[] qemu() {
        String text = guest.text(lab.image());
        String commandLine = text.lines()
                .filter(line -> line.startsWith("extra"))
                .map(line -> line.substring(line.indexOf('"') + 1, line.lastIndexOf('"')))
                .findFirst()
                .orElseThrow();
        return new String[] {
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-M",
            "q35",
            "-m",
            "256",
            "-display",
            "none",
            "-nodefaults",
            "-no-user-config",
            "-kernel",
            lab.image().kernel().toString(),
            "-initrd",
            lab.image().ramdisk().toString(),
            "-append",
            commandLine,
            "-netdev",
            "tap,id=n,ifname=tap0,script=no,downscript=no",
            "-device",
            "virtio-net-pci,netdev=n,romfile=,mac=" + guest.mac(),
            "-drive",
            "if=none,id=d,format=raw,cache=none,file=" + guest.image(),
            "-device",
            "virtio-blk-pci,drive=d",
            "-qmp",
            "unix:" + qmp() + ",server,nowait",
            "-daemonize"
        };
    }

    private static Path qmp() {
        return lab.host(1).runDirectory().resolve("qmp");
    }

    @Test
    void answersPingsOverBothFamilies() {
        try (PingProbe four = PingProbe.start(lab.network().client(), guest.address());
                PingProbe six = PingProbe.start(lab.network().client(), guest.address6())) {
            awaitTicks(50);
            PingLog log = four.stop();
            PingLog log6 = six.stop();
            assertThat(log.answered()).isGreaterThan(30);
            assertThat(log6.answered()).isGreaterThan(30);
            assertThat(log.longestSilenceMs()).isBetween(1.0, 1000.0);
        }
    }

    @Test
    void memoryIsWrittenAndChecked() {
        long before = services.status().orElseThrow().memoryWritten();
        await().until(() -> services.status().map(GuestStatus::memoryWritten).orElse(0L) > before + 2000);
        MemoryVerdict verdict = services.checkMemory();
        assertThat(verdict.pages()).isEqualTo(64 * 256);
        assertThat(verdict.wrong()).isZero();
    }

    @Test
    void acknowledgedRecordsAreOnTheImageAndItsWriterIsSeen() throws IOException {
        try (AcknowledgementProbe probe =
                AcknowledgementProbe.start(lab.network().client(), guest.address())) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> probe.acknowledged().size() > 100);
            assertThat(RecordChecker.check(guest.image(), probe.acknowledged())).isEmpty();
        }
        List<Long> guests = lab.host(1).guestProcesses();
        assertThat(guests).hasSize(1);
        assertThat(new ImageWriters().of(ImageWriters.inode(guest.image()), guests))
                .containsExactlyElementsOf(guests);
    }

    @Test
    void aConnectionCarriesDataAllTheTime() {
        try (StreamProbe stream = StreamProbe.start(lab.network().client(), guest.address())) {
            await().atMost(Duration.ofSeconds(20)).until(() -> stream.bytesReturned() > 200_000);
            assertThat(stream.failure()).isEmpty();
        }
    }

    @Test
    void datagramsComeBackAndOneAsksForTheWorkDone() throws Exception {
        String client = lab.network().client().name();
        assertThat(NetworkNamespace.call(client, () -> exchange("hello"))).isEqualTo("hello");
        assertThat(NetworkNamespace.call(client, () -> exchange("work"))).matches("\\{.*\"memoryWritten\":\\d+.*}");
    }

    private static String exchange(String text) throws IOException {
        byte[] question = text.getBytes(StandardCharsets.US_ASCII);
        DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(5_000);
            socket.connect(new InetSocketAddress(guest.address(), GuestServices.UDP_PORT));
            socket.send(new DatagramPacket(question, question.length));
            socket.receive(answer);
        }
        return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
    }

    @Test
    void aCutBetweenTwoHostsIsSilentAndHeals() {
        assertThat(reaches(1, 2)).isTrue();
        lab.network().cut(1, 2);
        assertThat(reaches(1, 2)).isFalse();
        assertThat(reaches(2, 1)).isFalse();
        lab.network().heal(1, 2);
        assertThat(reaches(1, 2)).isTrue();
    }

    @Test
    void aSecondLabOfTheSameNameIsSeen() {
        assertThat(LabState.of("guestit").running()).isTrue();
        assertThat(LabState.of("guestit").text()).contains("qemu-system");
        assertThat(Files.exists(lab.host(2).configuration())).isTrue();
    }

    private static boolean reaches(int from, int to) {
        return Command.run(
                        lab.host(from).namespace().wrap("ping", "-c", "1", "-W", "1", LabNetwork.hostAddress(to)),
                        Duration.ofSeconds(5))
                .succeeded();
    }

    private static void awaitTicks(long more) {
        long before = services.status().orElseThrow().ticks();
        await().until(() -> services.status().map(GuestStatus::ticks).orElse(0L) > before + more);
    }
}
