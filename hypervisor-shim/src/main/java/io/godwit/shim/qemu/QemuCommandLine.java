package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.NbdDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The arguments of a guest's QEMU. The same specification gives the same virtual hardware on every host, device
/// by device and address by address, for a device state fits nothing else.
///
/// Values come from strangers. They go in as JSON where QEMU takes it, and with commas doubled where it does not;
/// no shell ever sees them.
final class QemuCommandLine {
    /// The one RAM region, by QEMU's name and by ours.
    static final String RAM_ID = "ram0";

    /// Written to QEMU's log when the guest powers itself off: an agent that was not there tells it from a reboot.
    static final String SHUTDOWN_TRACE = "qemu_system_shutdown_request";

    /// Through the host's page cache. Past it, a read from disk under way would write to the guest's RAM after the
    /// tracker has looked. So that the target of a move does not read what its host cached before the source wrote,
    /// QEMU drops the image from the cache when it takes the image over (`drop-cache`).
    private static final Map<String, Object> CACHE = Map.of("direct", false, "no-flush", false);

    private static final int FIRST_PCI_SLOT = 2;
    private static final int FUNCTIONS_PER_SLOT = 8;
    private static final int PROCESS_NAME_CHARS_MAX = 15;

    private final QemuSettings settings;
    private final String accelerator;
    private final StoredGuest guest;
    private final GuestFolder folder;
    private final Map<String, NbdDisk> remote;
    private final List<String> arguments = new ArrayList<>();
    private int pciFunctions;

    private QemuCommandLine(
            QemuSettings settings,
            String accelerator,
            StoredGuest guest,
            GuestFolder folder,
            Map<String, NbdDisk> remote) {
        this.settings = settings;
        this.accelerator = accelerator;
        this.guest = guest;
        this.folder = folder;
        this.remote = Map.copyOf(remote);
    }

    /// @param accelerator `kvm` or `tcg`
    /// @param remote      how images that are not reached by their paths are
    /// @param incoming    whether the guest waits for another one's state
    static List<String> build(
            QemuSettings settings,
            String accelerator,
            StoredGuest guest,
            GuestFolder folder,
            Map<String, NbdDisk> remote,
            boolean incoming) {
        QemuCommandLine line = new QemuCommandLine(settings, accelerator, guest, folder, remote);
        line.addProcess();
        line.addMachine();
        line.addChannels();
        line.addBoot();
        for (int i = 0; i < guest.spec().disks().size(); i++) {
            line.addDisk(i, guest.spec().disks().get(i));
        }
        for (int i = 0; i < guest.spec().nics().size(); i++) {
            line.addNic(i, guest.spec().nics().get(i), guest.taps().get(i));
        }
        line.addHelpers();
        if (incoming) {
            line.add("-incoming", "defer");
        }
        return List.copyOf(line.arguments);
    }

    /// A value inside a comma-separated option.
    static String escape(String value) {
        return value.replace(",", ",,");
    }

    private void addProcess() {
        String name = guest.spec().name();
        String processName = "godwit-" + name;
        arguments.add(settings.binary().toString());
        add("-no-user-config");
        add("-nodefaults");
        add(
                "-name",
                "guest=" + escape(name) + ",process="
                        + escape(processName.substring(0, Math.min(processName.length(), PROCESS_NAME_CHARS_MAX)))
                        + ",debug-threads=on");
        add("-daemonize");
        add("-pidfile", folder.pidFile().toString());
        add("-D", folder.log().toString());
        // A log needs something to log, and what a guest could fill it with is no choice.
        add("-d", "trace:" + SHUTDOWN_TRACE);
        add("-msg", "timestamp=on");
        // QEMU refuses to become a daemon with elevateprivileges=deny, and forks to do so, which spawn=deny forbids.
        add("-sandbox", "on,obsolete=deny,resourcecontrol=deny");
        add("-S");
    }

    private void addMachine() {
        GuestSpec spec = guest.spec();
        add("-uuid", spec.uuid().toString());
        add(
                "-machine",
                escape(spec.machineType()) + ",accel=" + accelerator + ",memory-backend=" + RAM_ID
                        + ",dump-guest-core=off");
        // A model is the same everywhere or the guest does not start: no feature is dropped in silence.
        add("-cpu", escape(spec.cpuModel()) + ",enforce");
        add("-smp", "cpus=" + spec.vcpus() + ",sockets=1,cores=" + spec.vcpus() + ",threads=1");
        add("-m", (spec.memoryBytes() >> 20) + "M");
        addObject(orderedMap(
                "qom-type",
                "memory-backend-file",
                "id",
                RAM_ID,
                "mem-path",
                guest.ramFile().toString(),
                "size",
                spec.memoryBytes(),
                "share",
                true,
                "prealloc",
                false));
        add("-display", "none");
        add("-vga", "none");
        // A guest asleep has processors that neither run nor are paused; no one could tell when to move it.
        add("-global", "ICH9-LPC.disable_s3=1");
        add("-global", "ICH9-LPC.disable_s4=1");
        // The guest's end leaves a paused QEMU behind, whose event tells which end it was.
        add("-action", "reboot=shutdown,shutdown=pause,panic=pause");
    }

    private void addChannels() {
        add("-chardev", "socket,id=qmp,path=" + escape(folder.qmpSocket().toString()) + ",server=on,wait=off");
        add("-mon", "chardev=qmp,mode=control");
        add(
                "-chardev",
                "socket,id=console,path=" + escape(folder.consoleSocket().toString())
                        + ",server=on,wait=off,logfile="
                        + escape(folder.consoleLog().toString()) + ",logappend=on");
        add("-serial", "chardev:console");
    }

    private void addBoot() {
        Boot boot = guest.spec().boot();
        add("-boot", "strict=on");
        if (boot == null) {
            return;
        }
        add("-kernel", boot.kernel());
        if (boot.ramdisk() != null) {
            add("-initrd", boot.ramdisk());
        }
        if (!boot.commandLine().isEmpty()) {
            add("-append", boot.commandLine());
        }
    }

    private void addDisk(int index, Disk disk) {
        NbdDisk served = remote.get(disk.path());
        if (served == null) {
            addFile("disk" + index, disk);
        } else {
            addServed("disk" + index, index, disk, served);
        }
        Map<String, Object> device =
                orderedMap("driver", "virtio-blk-pci", "id", "blk" + index, "drive", "disk" + index);
        if (index == 0 && guest.spec().boot() == null) {
            device.put("bootindex", 1);
        }
        addPciDevice(device);
    }

    /// Raw, whatever the image's format: that layer lives where the file is, for it may have to grow.
    private void addServed(String node, int index, Disk disk, NbdDisk served) {
        Map<String, Object> blockdev = orderedMap(
                "driver",
                "nbd",
                "node-name",
                node,
                "server",
                orderedMap("type", "inet", "host", served.address(), "port", Integer.toString(served.port())),
                "export",
                served.export(),
                "reconnect-delay",
                served.reconnectSeconds(),
                "read-only",
                disk.readOnly(),
                "discard",
                "unmap",
                "cache",
                CACHE);
        NbdDisk.Tls tls = served.tls();
        if (tls != null) {
            String credentials = "nbd-tls" + index;
            addObject(orderedMap(
                    "qom-type",
                    "tls-creds-x509",
                    "id",
                    credentials,
                    "dir",
                    tls.credentials().toString(),
                    "endpoint",
                    "client",
                    "verify-peer",
                    true));
            blockdev.put("tls-creds", credentials);
            blockdev.put("tls-hostname", tls.serverName());
        }
        addBlockdev(blockdev);
    }

    private void addFile(String node, Disk disk) {
        Path path = Path.of(disk.path());
        // The locks are the last line of defence against two hosts that write one image.
        addBlockdev(orderedMap(
                "driver",
                isDevice(path) ? "host_device" : "file",
                "node-name",
                node + "-file",
                "filename",
                disk.path(),
                "locking",
                "on",
                "read-only",
                disk.readOnly(),
                "discard",
                "unmap",
                "cache",
                CACHE,
                "drop-cache",
                true));
        addBlockdev(orderedMap(
                "driver",
                switch (disk.format()) {
                    case RAW -> "raw";
                    case QCOW2 -> "qcow2";
                },
                "node-name",
                node,
                "file",
                node + "-file",
                "read-only",
                disk.readOnly(),
                "discard",
                "unmap",
                "cache",
                CACHE));
    }

    private void addNic(int index, Nic nic, String tap) {
        // With vhost the kernel would write received frames into the guest's RAM through a mapping of its own,
        // where the tracker, which watches QEMU's page tables, sees nothing of it.
        add("-netdev", "tap,id=net" + index + ",ifname=" + escape(tap) + ",script=no,downscript=no,vhost=off");
        // Without a boot ROM: nothing boots from the network, and firmware has one thing less to load. Without
        // announcements by the guest itself: they would start before it is decided where it runs, and a QEMU 7.2
        // told to make none (see StateTransfer.prepare) frees their timer and crashes at the card's next reset.
        // Without a table of the guest's VLANs in the card: QEMU 7.2 empties it when it has loaded it, and a guest
        // that has moved would get no tagged frame any more.
        // The guest keeps its MAC, so QEMU's own announcement is enough for switches to find it.
        addPciDevice(orderedMap(
                "driver",
                "virtio-net-pci",
                "id",
                "nic" + index,
                "netdev",
                "net" + index,
                "mac",
                nic.mac(),
                "romfile",
                "",
                "guest_announce",
                false,
                "ctrl_vlan",
                false));
    }

    private void addHelpers() {
        addObject(orderedMap("qom-type", "rng-builtin", "id", "rng0"));
        addPciDevice(orderedMap("driver", "virtio-rng-pci", "id", "rng", "rng", "rng0"));
        addDevice(orderedMap("driver", "pvpanic", "id", "panic"));
    }

    private void addPciDevice(Map<String, Object> device) {
        int slot = FIRST_PCI_SLOT + pciFunctions / FUNCTIONS_PER_SLOT;
        int function = pciFunctions % FUNCTIONS_PER_SLOT;
        pciFunctions++;
        device.put("bus", "pcie.0");
        device.put("addr", Integer.toHexString(slot) + "." + function);
        device.put("multifunction", true);
        addDevice(device);
    }

    private void addObject(Map<String, Object> object) {
        add("-object", Json.line(object));
    }

    private void addBlockdev(Map<String, Object> blockdev) {
        add("-blockdev", Json.line(blockdev));
    }

    private void addDevice(Map<String, Object> device) {
        add("-device", Json.line(device));
    }

    private void add(String... more) {
        arguments.addAll(List.of(more));
    }

    private static boolean isDevice(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    }

    private static Map<String, Object> orderedMap(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
