package io.godwit.agent.guestfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.GuestSpec.OnEvent;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.placement.RestartPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestFileTest {
    private static final Hypervisor.Capabilities HOST = new Hypervisor.Capabilities(
            "QEMU 7.2.22", List.of("pc-q35-7.2"), List.of("qemu64", "max"), "tcg", "pc-q35-7.2", "max");
    private static final String LEAST = "name = 'g'\nmemory = 64\nkernel = '/k'\n";

    @Test
    void readsAFileOfTheOldTool() throws Exception {
        GuestFile file = parse("xm-2008.cfg");

        GuestSpec spec = file.spec();
        assertThat(spec.name()).isEqualTo("mail.example");
        assertThat(spec.memoryBytes()).isEqualTo(512L << 20);
        assertThat(spec.vcpus()).isEqualTo(2);
        assertThat(spec.machineType()).isEqualTo("pc-q35-7.2");
        assertThat(spec.cpuModel()).isEqualTo("max");
        assertThat(spec.boot())
                .isEqualTo(new Boot(
                        "/boot/vmlinuz-2.6.26-2-xen-amd64",
                        "/boot/initrd.img-2.6.26-2-xen-amd64",
                        "root=/dev/vda ro 4 console=hvc0"));
        assertThat(spec.disks())
                .containsExactly(
                        new Disk("xvda2", "/dev/vg0/mail-disk", Disk.Format.RAW, false),
                        new Disk("xvda1", "/srv/xen/mail-swap.img", Disk.Format.RAW, false),
                        new Disk("hdc", "/srv/xen/install.iso", Disk.Format.RAW, true));
        assertThat(spec.nics())
                .containsExactly(
                        new Nic("00:16:3e:aa:bb:cc", "xenbr0", List.of("192.0.2.25")),
                        new Nic(NicReader.derivedMac("mail.example", 1), null, List.of()));
        assertThat(spec.onPoweroff()).isEqualTo(OnEvent.DESTROY);
        assertThat(spec.onReboot()).isEqualTo(OnEvent.RESTART);
        assertThat(spec.onCrash()).isEqualTo(OnEvent.RESTART);
        assertThat(file.warnings())
                .containsExactly(
                        "xm-2008.cfg:16: vif: script means nothing to Godwit and is ignored",
                        "xm-2008.cfg:17: dhcp means nothing to Godwit and is ignored",
                        "xm-2008.cfg:20: on_crash: rename-restart is taken as restart",
                        "xm-2008.cfg:21: the console of this guest is a serial port: console=ttyS0 instead of hvc0 or"
                                + " xvc0");
    }

    @Test
    void readsAFileOfToday() throws Exception {
        GuestFile file = parse("xl-modern.cfg");

        assertThat(file.spec())
                .isEqualTo(new GuestSpec(
                        "web1",
                        UUID.fromString("6c3a7a4e-1b1b-4d2e-9c53-0f6a2f4f4d01"),
                        2048L << 20,
                        4,
                        "pc-q35-7.2",
                        "qemu64",
                        null,
                        List.of(
                                new Disk("xvda", "/srv/guests/web1,a.qcow2", Disk.Format.QCOW2, false),
                                new Disk("xvdb", "/srv/guests/data.img", Disk.Format.RAW, false),
                                new Disk("xvdc", "/srv/guests/tools.iso", Disk.Format.RAW, true)),
                        List.of(
                                new Nic("52:54:00:12:34:56", "br0", List.of("192.0.2.101", "2001:db8:0:0:0:0:0:101")),
                                new Nic(NicReader.derivedMac("web1", 1), "br1", List.of())),
                        OnEvent.DESTROY,
                        OnEvent.RESTART,
                        OnEvent.PRESERVE));
        assertThat(file.warnings()).containsExactly("xl-modern.cfg:3: type means nothing to Godwit and is ignored");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            file:/a/b.img,xvda,w                              | xvda | /a/b.img    | RAW   | false
            phy:/dev/vg/x,sda,r                               | sda  | /dev/vg/x   | RAW   | true
            phy:sdb1,xvda1,w                                  | xvda1| /dev/sdb1   | RAW   | false
            tap:aio:/a/b.img,xvda,w                           | xvda | /a/b.img    | RAW   | false
            tap:qcow2:/a/b.q,xvda,w                           | xvda | /a/b.q      | QCOW2 | false
            qcow2:/a/b.q,xvda,w                               | xvda | /a/b.q      | QCOW2 | false
            /a/b.img,raw,xvda,rw                              | xvda | /a/b.img    | RAW   | false
            /a/b.img,,vda,ro                                  | vda  | /a/b.img    | RAW   | true
            /a/b.img,raw,xvda                                 | xvda | /a/b.img    | RAW   | false
            /a/b=c.img, qcow2 , hda , w                       | hda  | /a/b=c.img  | QCOW2 | false
            format=raw,vdev=xvda,access=rw,target=/a/b c,d    | xvda | /a/b c,d    | RAW   | false
            vdev=xvda, cdrom, target=/a/b.iso                 | xvda | /a/b.iso    | RAW   | true
            /a/b.img,vdev=xvda,format=qcow2,access=r          | xvda | /a/b.img    | QCOW2 | true
            """)
    void readsEveryFormOfDisk(String entry, String device, String path, Disk.Format format, boolean readOnly)
            throws Exception {
        GuestSpec spec =
                GuestFile.parse("f", LEAST + "disk = [ '" + entry + "' ]", HOST).spec();
        assertThat(spec.disks()).containsExactly(new Disk(device, path, format, readOnly));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            root = '/dev/xvda1 ro'; extra = 'quiet'            | root=/dev/vda1 ro quiet
            root = '/dev/xvdb'                                 | root=/dev/vdb
            root = '/dev/sda1'                                 | root=/dev/sda1
            root = 'UUID=1-2'                                  | root=UUID=1-2
            root = 'root=/dev/xvda'                            | root=/dev/vda
            extra = 'console=ttyS0 root=/dev/xvdb2 rw'         | console=ttyS0 root=/dev/vdb2 rw
            cmdline = 'root=/dev/xvdb2 single'; extra = 'no'   | root=/dev/vdb2 single
            extra = 'nfsroot=/dev/xvda'                        | nfsroot=/dev/xvda
            """)
    void theGuestFindsItsRootUnderVirtiosName(String lines, String commandLine) throws Exception {
        String disks = "disk = ['file:/a,xvda,w', 'file:/b,xvdb,w']\n";
        Boot boot = GuestFile.parse("f", LEAST + disks + lines, HOST).spec().boot();
        assertThat(boot).isEqualTo(new Boot("/k", null, commandLine));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            memory = 63            | f:4: memory: expected an even number of MiB, found: 63
            memory = 'lots'        | f:4: memory: expected a whole number from 16 to 4194304, found: "lots"
            memory = 1.5           | f:4: this is not a whole number: 1.5
            vcpus = 0              | f:4: vcpus: expected a whole number from 1 to 288, found: 0
            vcpus = -1             | f:4: vcpus: expected a whole number from 1 to 288, found: -1
            vcpus = 99999999999999999999 | f:4: this is not a whole number: 99999999999999999999
            name = 'a b'           | f: Guest name is not
            name = 7               | f:4: name: expected a string in quotes, found: 7
            kernel = 'vmlinuz'     | f:4: kernel, ramdisk or command line: Path is not absolute
            machine = 'q35'        | f:4: machine: expected a versioned type such as pc-q35-7.2, found: q35
            uuid = '1-2-3-4-5'     | f:4: uuid: expected 8-4-4-4-12 hexadecimal digits, found: 1-2-3-4-5
            on_crash = 'explode'   | f:4: on_crash: expected destroy, restart or preserve, found: explode
            disk = '/a,raw,xvda,w' | f:4: disk: expected a list such as [ '...', '...' ], found: "/a,raw,xvda,w"
            disk = [ 1 ]           | f:4: disk: expected strings in quotes, found: 1
            disk = [ '' ]          | f:4: disk: expected the absolute path of an image
            disk = [ 'file:/a,xvda,w!' ]    | f:4: disk: w! would let several guests write one image; expected w or r
            disk = [ 'file:/a,xvda,x' ]     | f:4: disk: expected access r, ro, w or rw, found: x
            disk = [ 'file:/a' ]            | f:4: disk: expected path,device,mode as in
            disk = [ '/a,vhd,xvda,w' ]      | f:4: disk: expected format raw or qcow2, found: vhd
            disk = [ '/a,raw,,w' ]          | f:4: disk: expected a device such as xvda, vda or sda, found: none
            disk = [ 'a.img,raw,xvda,w' ]   | f:4: disk: expected the absolute path of an image, found: a.img
            disk = [ '/a,raw,xvda,w,5' ]    | f:4: disk: expected at most target, format, device and access
            disk = [ '/a,raw,xvda,w', '/b,raw,xvda,w' ] | f:4: disk: the second disk of this name: xvda
            disk = [ '/a,raw,xvda,w', '/a,raw,xvdb,w' ] | f:4: disk: the same image twice: /a
            vif = [ 'mac=00:16:3e' ]        | f:4: vif: MAC is not six lower-case hexadecimal pairs
            vif = [ 'mac=01:00:5e:00:00:01' ] | f:4: vif: MAC is a multicast address
            vif = [ 'bridge=../etc' ]       | f:4: vif: Bridge is not an interface name
            vif = [ 'ip=1.2.3' ]            | f:4: vif: expected IP addresses divided by spaces, found: 1.2.3
            vif = [ 'ip=host' ]             | f:4: vif: expected IP addresses divided by spaces, found: host
            vif = [ 'ip=224.0.0.1' ]        | f:4: vif: expected IP addresses divided by spaces, found: 224.0.0.1
            vif = [ 'ip=::ffff:192.0.2.1' ] | f:4: vif: expected IP addresses divided by spaces
            vif = [ 'ip=fe80::1%eth0' ]     | f:4: vif: expected IP addresses divided by spaces
            vif = [ 'dhcp' ]                | f:4: vif: expected key=value, found: dhcp
            vif = [ 'ip=192.0.2.1 192.0.2.1' ] | f:4: vif: the same IP address twice: 192.0.2.1
            vif = [ 'mac=00:16:3e:0:0:1' ]  | f:4: vif: MAC is not six
            pci = [ '01:00.0' ]             | f:4: pci: a guest with a device of its host passed to it cannot migrate
            vcpus = 1 + 1                   | f:4: this character does not belong here: +
            vcpus = os.environ              | f:4: expected a string in quotes, a number or a list after vcpus =, found os.environ
            import os                       | f:4: expected = after import, found os
            vcpus                           | f:4: expected = after vcpus, found the end of the line
            vcpus =                         | f:4: expected a string in quotes, a number or a list after vcpus =
            = 3                             | f:4: expected a line of the form key = value, found =
            extra = 'abc                    | f:4: this string does not end on its line; expected a closing '
            disk = [ 'x'                    | f:4: expected a comma, or the ] that ends the list begun in line 4
            disk = [ [ 'x' ] ]              | f:4: a list within a list
            priority = 1001                 | f:4: priority: expected a whole number from 0 to 1000, found: 1001
            failover = 'maybe'              | f:4: failover: expected restart or leave, found: maybe
            affinity = 'a b'                | f:4: affinity: expected a name of letters, digits, dots, dashes, found: a b
            anti_affinity = 3               | f:4: anti_affinity: expected a string in quotes, found: 3
            memory = 64 65                  | f:4: expected the end of the line after the value of memory
            """, quoteCharacter = '`')
    void saysWhatIsWrongAndWhere(String line, String mistake) {
        assertThat(mistakes(LEAST + line)).anySatisfy(said -> assertThat(said).startsWith(mistake));
    }

    @Test
    void readsWhatBecomesOfTheGuestWhenItsHostDies() throws Exception {
        GuestFile silent = GuestFile.parse("f", LEAST, HOST);
        assertThat(silent.policy()).isEqualTo(RestartPolicy.DEFAULT);
        GuestFile told = GuestFile.parse(
                "f", LEAST + "affinity = 'shop'\nanti_affinity = 'db'\npriority = 7\nfailover = 'leave'\n", HOST);
        assertThat(told.policy()).isEqualTo(new RestartPolicy("shop", "db", 7, false));
        assertThat(told.warnings()).isEmpty();
    }

    @Test
    void reportsAllMistakesAtOnceInOrder() {
        String text = """
                # nothing right but the comment
                memory = 'much'
                vcpus = 0
                vif = [ 'mac=x',
                        'ip=y' ]
                disk = [ 'file:/a,xvda,w',
                         'phy,xvdb' ]
                """;
        assertThat(mistakes(text))
                .extracting(said -> said.substring(0, said.indexOf(": ")))
                .containsExactly("f", "f:2", "f:3", "f:4", "f:5", "f:7", "f:7", "f:7");
    }

    @Test
    void namesWhatIsMissing() {
        assertThat(mistakes(""))
                .containsExactly(
                        "f: name is missing: expected name = \"...\"",
                        "f: memory is missing: expected memory = a whole number from 16 to 4194304",
                        "f: there is nothing to boot from: expected kernel or disk");
    }

    @Test
    void derivedIdentitiesAreStableAndDistinct() throws Exception {
        String text = LEAST + "vif = [ '', '' ]";
        GuestSpec first = GuestFile.parse("f", text, HOST).spec();
        GuestSpec again = GuestFile.parse("f", text, HOST).spec();
        GuestSpec other = GuestFile.parse("f", text.replace("'g'", "'h'"), HOST).spec();

        assertThat(again).isEqualTo(first);
        assertThat(first.uuid()).isNotEqualTo(other.uuid());
        assertThat(first.nics()).extracting(Nic::mac).allMatch(mac -> mac.startsWith("52:54:00:"));
        assertThat(List.of(
                        first.nics().get(0).mac(),
                        first.nics().get(1).mac(),
                        other.nics().get(0).mac(),
                        other.nics().get(1).mac()))
                .doesNotHaveDuplicates();
        // Addresses that guests have had so far must not change with a new version.
        assertThat(first.nics().getFirst().mac()).isEqualTo("52:54:00:34:00:1f");
    }

    @Test
    void theLastOfTwoAssignmentsCountsAndThatIsSaid() throws Exception {
        GuestFile file = GuestFile.parse("f", LEAST + "memory = 128", HOST);
        assertThat(file.spec().memoryBytes()).isEqualTo(128L << 20);
        assertThat(file.warnings()).containsExactly("f:4: memory was already given in line 2; this one counts");
    }

    @Test
    void aFileOfAnotherKindGetsOneComplaintALine() {
        assertThat(mistakes("# Title\n** (a) **\n- `b` > c\n"))
                .hasSize(5)
                .startsWith("f: name is missing: expected name = \"...\"")
                .endsWith("f:2: this character does not belong here: *", "f:3: this character does not belong here: -");
    }

    @Test
    void limitsHold() {
        assertThat(mistakes("#".repeat(GuestFile.TEXT_CHARS_MAX + 1)))
                .singleElement()
                .asString()
                .contains("longer than");
        assertThat(mistakes(LEAST + "disk = [" + "'x',".repeat(300) + "]"))
                .anySatisfy(said -> assertThat(said).contains("a list of more than 256"));
        assertThat(mistakes(LEAST + "vif = [" + "'',".repeat(17) + "]"))
                .anySatisfy(said -> assertThat(said).contains("expected at most 16 entries, found: 17"));
        assertThat(mistakes(LEAST + "extra = '" + "x".repeat(5000) + "'"))
                .anySatisfy(said -> assertThat(said).contains("a string longer than 4096"));
        assertThat(mistakes("x = 1\n".repeat(10_000)))
                .anySatisfy(said -> assertThat(said).contains("more than 10000 words"));
    }

    @Test
    void damagedFilesAreRefusedOrReadButNeverBreakTheParser() throws IOException {
        String good = read("xl-modern.cfg");
        Random random = new Random(42);
        int refused = 0;
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(good);
            for (int j = 0; j <= random.nextInt(4); j++) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setLength(at);
                    case 1 -> text.deleteCharAt(at);
                    default -> text.setCharAt(at, "[]'\",=;#\n\\+ é\0".charAt(random.nextInt(14)));
                }
                if (text.isEmpty()) {
                    break;
                }
            }
            try {
                assertThat(GuestFile.parse("f", text.toString(), HOST).spec().name())
                        .isNotEmpty();
            } catch (GuestFileException e) {
                assertThat(e.mistakes()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 2_999);
    }

    private static GuestFile parse(String name) throws Exception {
        return GuestFile.parse(name, read(name), HOST);
    }

    private static String read(String name) throws IOException {
        return Files.readString(Path.of("src/test/resources/guestfile", name));
    }

    private static List<String> mistakes(String text) {
        GuestFileException e = catchThrowableOfType(GuestFileException.class, () -> GuestFile.parse("f", text, HOST));
        assertThat(e).as("the mistakes of " + text).isNotNull();
        return e.mistakes();
    }
}
