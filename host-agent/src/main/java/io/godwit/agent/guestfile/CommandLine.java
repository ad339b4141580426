package io.godwit.agent.guestfile;

import io.godwit.shim.GuestSpec.Disk;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The kernel's command line. A guest that called its root `/dev/xvda1` under Xen finds it as `/dev/vda1` here: its
/// disks are virtio disks, lettered in the order of the file.
final class CommandLine {
    private static final Pattern ROOT = Pattern.compile("(?<![^ ])root=(\\S+)");
    private static final Pattern DEVICE = Pattern.compile("/dev/((?:xvd|sd|hd|vd)[a-z]{1,2})(\\d*)");

    private CommandLine() {}

    static String of(String root, String extra, List<Disk> disks) {
        String first = root.isBlank() || root.strip().startsWith("root=") ? root.strip() : "root=" + root.strip();
        return translated((first + " " + extra.strip()).strip(), disks);
    }

    static String translated(String commandLine, List<Disk> disks) {
        return ROOT.matcher(commandLine)
                .replaceAll(found -> Matcher.quoteReplacement("root=" + device(found.group(1), disks)));
    }

    private static String device(String path, List<Disk> disks) {
        Matcher matcher = DEVICE.matcher(path);
        if (!matcher.matches()) {
            return path;
        }
        String name = matcher.group(1);
        String partition = matcher.group(2);
        for (int i = 0; i < disks.size(); i++) {
            // Xen can give a guest a lone partition, xvda1, as a disk of its own; here that is a whole disk.
            if (disks.get(i).device().equals(name + partition)) {
                return "/dev/" + virtioName(i);
            }
            if (disks.get(i).device().equals(name)) {
                return "/dev/" + virtioName(i) + partition;
            }
        }
        return path;
    }

    private static String virtioName(int index) {
        return index < 26
                ? "vd" + (char) ('a' + index)
                : "vd" + (char) ('a' + index / 26 - 1) + (char) ('a' + index % 26);
    }
}
