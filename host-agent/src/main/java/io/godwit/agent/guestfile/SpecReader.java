package io.godwit.agent.guestfile;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.GuestSpec.OnEvent;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.placement.RestartPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Turns assignments into a [GuestSpec], noting every mistake on the way.
final class SpecReader {
    private static final Set<String> KNOWN = Set.of(
            "name",
            "uuid",
            "memory",
            "vcpus",
            "machine",
            "cpu",
            "kernel",
            "ramdisk",
            "root",
            "extra",
            "cmdline",
            "disk",
            "vif",
            "on_poweroff",
            "on_reboot",
            "on_crash",
            "affinity",
            "anti_affinity",
            "priority",
            "failover");
    private static final Set<String> REFUSED = Set.of("pci", "usbdev", "usbctrl", "device_tree", "dtdev", "rdm");
    private static final Pattern VERSIONED = Pattern.compile(".*-\\d+\\.\\d+.*");

    private final Map<String, Value> values;
    private final Hypervisor.Capabilities defaults;
    private final Notes notes;

    SpecReader(Map<String, Value> values, Hypervisor.Capabilities defaults, Notes notes) {
        this.values = values;
        this.defaults = defaults;
        this.notes = notes;
    }

    /// @return null where there is any mistake; all are noted
    @Nullable
    GuestSpec spec() {
        warnOfUnknown();
        String name = text("name", null);
        long memoryMib = number("memory", null, GuestSpec.MEMORY_BYTES_MIN >> 20, GuestSpec.MEMORY_BYTES_MAX >> 20);
        if (memoryMib % (GuestSpec.MEMORY_BYTES_MULTIPLE >> 20) != 0) {
            notes.mistake(line("memory"), "memory: expected an even number of MiB, found: " + memoryMib);
        }
        long vcpus = number("vcpus", 1L, 1, GuestSpec.VCPUS_MAX);
        List<Disk> disks = disks();
        List<Nic> nics = nics(name);
        Boot boot = boot(disks);
        if (boot == null && disks.isEmpty() && !values.containsKey("disk") && !values.containsKey("kernel")) {
            notes.mistake(0, "there is nothing to boot from: expected kernel or disk");
        }
        String machine = machine();
        String cpu = text("cpu", defaults.defaultCpuModel());
        UUID uuid = uuid(name);
        OnEvent onPoweroff = onEvent("on_poweroff", OnEvent.DESTROY);
        OnEvent onReboot = onEvent("on_reboot", OnEvent.RESTART);
        OnEvent onCrash = onEvent("on_crash", OnEvent.DESTROY);
        if (!notes.mistakes().isEmpty()) {
            return null;
        }
        try {
            return new GuestSpec(
                    name,
                    uuid,
                    memoryMib << 20,
                    (int) vcpus,
                    machine,
                    cpu,
                    boot,
                    disks,
                    nics,
                    onPoweroff,
                    onReboot,
                    onCrash);
        } catch (IllegalArgumentException e) {
            notes.mistake(0, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /// What the file asks of failover. Mistakes are noted, and what is wrong is as if it were not there.
    RestartPolicy policy() {
        String failover = text("failover", "restart");
        if (!failover.equals("restart") && !failover.equals("leave")) {
            notes.mistake(line("failover"), "failover: expected restart or leave, found: " + failover);
        }
        return new RestartPolicy(
                group("affinity"),
                group("anti_affinity"),
                (int) number("priority", (long) RestartPolicy.PRIORITY_DEFAULT, 0, RestartPolicy.PRIORITY_MAX),
                !failover.equals("leave"));
    }

    private String group(String key) {
        String group = text(key, "");
        if (RestartPolicy.isGroup(group)) {
            return group;
        }
        notes.mistake(line(key), key + ": expected a name of letters, digits, dots, dashes, found: " + group);
        return "";
    }

    private void warnOfUnknown() {
        values.forEach((key, value) -> {
            if (REFUSED.contains(key)
                    && !(value instanceof Value.Items items && items.items().isEmpty())) {
                notes.mistake(value.line(), key + ": a guest with a device of its host passed to it cannot migrate");
            } else if (!KNOWN.contains(key)) {
                notes.warning(value.line(), key + " means nothing to Godwit and is ignored");
            }
        });
    }

    // Only a versioned machine type is the same machine on a host with another QEMU.
    private String machine() {
        String machine = text("machine", defaults.defaultMachineType());
        if (values.containsKey("machine") && !VERSIONED.matcher(machine).matches()) {
            notes.mistake(
                    line("machine"),
                    "machine: expected a versioned type such as " + defaults.defaultMachineType() + ", found: "
                            + machine);
        }
        return machine;
    }

    private UUID uuid(String name) {
        UUID derived = UUID.nameUUIDFromBytes(("godwit guest " + name).getBytes(StandardCharsets.UTF_8));
        String text = text("uuid", derived.toString());
        try {
            UUID uuid = UUID.fromString(text);
            if (uuid.toString().equalsIgnoreCase(text)) {
                return uuid;
            }
        } catch (IllegalArgumentException _) {
            // Reported below, with the texts that Java completes by itself.
        }
        notes.mistake(line("uuid"), "uuid: expected 8-4-4-4-12 hexadecimal digits, found: " + text);
        return derived;
    }

    private @Nullable Boot boot(List<Disk> disks) {
        String ramdisk = values.containsKey("ramdisk") ? text("ramdisk", "") : null;
        if (!values.containsKey("kernel")) {
            for (String key : List.of("ramdisk", "root", "extra", "cmdline")) {
                if (values.containsKey(key)) {
                    notes.warning(line(key), key + " is ignored without kernel: the guest boots from its first disk");
                }
            }
            return null;
        }
        String commandLine = commandLine(disks);
        if (commandLine.contains("console=hvc0") || commandLine.contains("console=xvc0")) {
            notes.warning(
                    line(values.containsKey("cmdline") ? "cmdline" : "extra"),
                    "the console of this guest is a serial port: console=ttyS0 instead of hvc0 or xvc0");
        }
        try {
            return new Boot(text("kernel", null), ramdisk == null || ramdisk.isEmpty() ? null : ramdisk, commandLine);
        } catch (IllegalArgumentException e) {
            notes.mistake(line("kernel"), "kernel, ramdisk or command line: " + e.getMessage());
            return null;
        }
    }

    private String commandLine(List<Disk> disks) {
        if (!values.containsKey("cmdline")) {
            return CommandLine.of(text("root", ""), text("extra", ""), disks);
        }
        for (String key : List.of("root", "extra")) {
            if (values.containsKey(key)) {
                notes.warning(line(key), key + " is ignored beside cmdline");
            }
        }
        return CommandLine.translated(text("cmdline", ""), disks);
    }

    private List<Disk> disks() {
        List<Disk> disks = new ArrayList<>();
        Set<String> devices = new HashSet<>();
        Set<String> paths = new HashSet<>();
        for (Value.Text entry : entries("disk", GuestSpec.DISKS_MAX)) {
            Disk disk = DiskReader.read(entry.line(), entry.text(), notes);
            if (disk == null) {
                continue;
            }
            if (!devices.add(disk.device())) {
                notes.mistake(entry.line(), "disk: the second disk of this name: " + disk.device());
            }
            if (!paths.add(disk.path())) {
                notes.mistake(entry.line(), "disk: the same image twice: " + disk.path());
            }
            disks.add(disk);
        }
        return disks;
    }

    private List<Nic> nics(String name) {
        List<Nic> nics = new ArrayList<>();
        Set<String> macs = new HashSet<>();
        Set<String> addresses = new HashSet<>();
        int index = 0;
        for (Value.Text entry : entries("vif", GuestSpec.NICS_MAX)) {
            Nic nic = NicReader.read(entry.line(), entry.text(), name, index++, notes);
            if (nic == null) {
                continue;
            }
            if (!macs.add(nic.mac())) {
                notes.mistake(entry.line(), "vif: the same MAC twice: " + nic.mac());
            }
            for (String address : nic.addresses()) {
                if (!addresses.add(address)) {
                    notes.mistake(entry.line(), "vif: the same IP address twice: " + address);
                }
            }
            nics.add(nic);
        }
        return nics;
    }

    private List<Value.Text> entries(String key, int max) {
        Value value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof Value.Items(int line, List<Value> items))) {
            notes.mistake(
                    value.line(), key + ": expected a list such as [ '...', '...' ], found: " + value.described());
            return List.of();
        }
        if (items.size() > max) {
            notes.mistake(line, key + ": expected at most " + max + " entries, found: " + items.size());
            return List.of();
        }
        List<Value.Text> entries = new ArrayList<>();
        for (Value item : items) {
            if (item instanceof Value.Text text) {
                entries.add(text);
            } else {
                notes.mistake(item.line(), key + ": expected strings in quotes, found: " + item.described());
            }
        }
        return entries;
    }

    private OnEvent onEvent(String key, OnEvent fallback) {
        String text = text(key, fallback.name().toLowerCase(java.util.Locale.ROOT));
        OnEvent event = switch (text) {
            case "destroy", "coredump-destroy" -> OnEvent.DESTROY;
            case "restart", "coredump-restart", "rename-restart" -> OnEvent.RESTART;
            case "preserve" -> OnEvent.PRESERVE;
            default -> null;
        };
        if (event == null) {
            notes.mistake(line(key), key + ": expected destroy, restart or preserve, found: " + text);
            return fallback;
        }
        if (text.contains("-")) {
            notes.warning(
                    line(key),
                    key + ": " + text + " is taken as " + event.name().toLowerCase(java.util.Locale.ROOT));
        }
        return event;
    }

    /// @param fallback  null if the key must be there
    private String text(String key, @Nullable String fallback) {
        Value value = values.get(key);
        if (value instanceof Value.Text(int _, String text)) {
            return text;
        }
        if (value != null) {
            notes.mistake(value.line(), key + ": expected a string in quotes, found: " + value.described());
        } else if (fallback == null) {
            notes.mistake(0, key + " is missing: expected " + key + " = \"...\"");
        }
        return fallback == null ? "" : fallback;
    }

    /// @param fallback  null if the key must be there
    private long number(String key, @Nullable Long fallback, long min, long max) {
        Value value = values.get(key);
        String expected = "a whole number from " + min + " to " + max;
        if (value == null) {
            if (fallback == null) {
                notes.mistake(0, key + " is missing: expected " + key + " = " + expected);
            }
            return fallback == null ? min : fallback;
        }
        Long number = number(value);
        if (number != null && number >= min && number <= max) {
            return number;
        }
        notes.mistake(value.line(), key + ": expected " + expected + ", found: " + value.described());
        return fallback == null ? min : fallback;
    }

    // Old Xen files often quote their numbers: memory = "512".
    private static @Nullable Long number(Value value) {
        return switch (value) {
            case Value.Whole(int _, long number) -> number;
            case Value.Text(int _, String text) -> text.matches("[0-9]{1,9}") ? Long.valueOf(text) : null;
            case Value.Items _ -> null;
        };
    }

    private int line(String key) {
        Value value = values.get(key);
        return value == null ? 0 : value.line();
    }
}
