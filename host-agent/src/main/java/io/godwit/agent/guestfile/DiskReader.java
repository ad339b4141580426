package io.godwit.agent.guestfile;

import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Disk.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One entry of `disk`, in any of the three ways Xen has known:
///
/// - `format=raw, vdev=xvda, access=rw, target=/path`, where `target` comes last and may hold commas
/// - `/path,raw,xvda,rw`, with empty fields for what is left out
/// - `file:/path,xvda,w` and `phy:/dev/x,xvda,w`, of the xm tool
final class DiskReader {
    private static final Pattern DEVICE = Pattern.compile("(xvd|vd|sd|hd)[a-z]{1,2}[0-9]{0,2}");
    private static final Pattern OLD_PREFIX =
            Pattern.compile("(file|phy|tap:aio|tap2:aio|aio|tap:qcow2|tap2:qcow2|raw|qcow2|tap|tap2):.*");
    private static final Set<String> IGNORED = Set.of(
            "script", "backend", "backendtype", "discard", "no-discard", "direct-io-safe", "devtype", "colo-host");
    private static final Map<String, Boolean> READ_ONLY =
            Map.of("r", true, "ro", true, "", false, "w", false, "rw", false);

    private final int line;
    private final Notes notes;
    private @Nullable String target;
    private String format = "";
    private String device = "";
    private String access = "";
    private boolean cdrom;
    private boolean good = true;

    private DiskReader(int line, Notes notes) {
        this.line = line;
        this.notes = notes;
    }

    /// @return null where the entry cannot be used; the reason is noted
    static @Nullable Disk read(int line, String entry, Notes notes) {
        DiskReader reader = new DiskReader(line, notes);
        if (OLD_PREFIX.matcher(entry.strip()).matches()) {
            reader.oldForm(entry.strip());
        } else {
            reader.newForm(entry);
        }
        return reader.disk(entry);
    }

    private void oldForm(String entry) {
        List<String> fields = fields(entry);
        if (fields.size() < 2 || fields.size() > 4) {
            wrong("expected path,device,mode as in file:/images/web1.img,xvda,w, found: " + entry);
            return;
        }
        String first = fields.getFirst();
        String path = first.substring(
                first.lastIndexOf(':', first.indexOf('/') < 0 ? first.length() : first.indexOf('/')) + 1);
        if (first.contains("qcow2:")) {
            format = "qcow2";
        }
        // xm looked for block devices under /dev when the name did not begin with a slash.
        target = first.startsWith("phy:") && !path.startsWith("/") ? "/dev/" + path : path;
        device(fields.get(1));
        access = fields.size() > 2 ? fields.get(2) : "";
    }

    private void newForm(String entry) {
        String[] positional = new String[4];
        int next = 0;
        String rest = entry;
        while (!rest.isEmpty()) {
            int comma = rest.indexOf(',');
            String field = (comma < 0 ? rest : rest.substring(0, comma)).strip();
            int equals = field.indexOf('=');
            if (field.startsWith("target=")) {
                // Everything up to the end belongs to the path, commas too.
                target = rest.strip().substring("target=".length());
                break;
            }
            if (equals > 0 && !field.startsWith("/")) {
                named(
                        field.substring(0, equals).strip(),
                        field.substring(equals + 1).strip());
            } else if (IGNORED.contains(field) || field.equals("cdrom") || field.equals("readonly")) {
                flag(field);
            } else if (next < positional.length) {
                positional[next++] = field;
            } else {
                wrong("expected at most target, format, device and access, found one more: " + field);
            }
            rest = comma < 0 ? "" : rest.substring(comma + 1);
        }
        positional(positional);
    }

    private void positional(@Nullable String[] fields) {
        if (fields[0] != null && !fields[0].isEmpty()) {
            target = fields[0];
        }
        if (fields[1] != null && !fields[1].isEmpty()) {
            format = fields[1];
        }
        if (fields[2] != null && !fields[2].isEmpty()) {
            device(fields[2]);
        }
        if (fields[3] != null && !fields[3].isEmpty()) {
            access = fields[3];
        }
    }

    private void named(String key, String value) {
        switch (key) {
            case "format" -> format = value;
            case "vdev" -> device(value);
            case "access" -> access = value;
            case "devtype" -> cdrom |= value.equals("cdrom");
            default -> notes.warning(line, "disk: " + key + " means nothing to Godwit and is ignored");
        }
    }

    private void flag(String flag) {
        switch (flag) {
            case "cdrom" -> cdrom = true;
            case "readonly" -> access = "ro";
            default -> notes.warning(line, "disk: " + flag + " means nothing to Godwit and is ignored");
        }
    }

    private void device(String text) {
        int colon = text.indexOf(':');
        if (colon >= 0) {
            cdrom |= text.substring(colon + 1).equals("cdrom");
        }
        device = colon < 0 ? text : text.substring(0, colon);
    }

    private @Nullable Disk disk(String entry) {
        if (!good) {
            return null;
        }
        if (target == null || !target.startsWith("/")) {
            wrong("expected the absolute path of an image, found: " + (target == null ? entry : target));
        }
        if (!DEVICE.matcher(device).matches()) {
            wrong("expected a device such as xvda, vda or sda, found: " + (device.isEmpty() ? "none" : device));
        }
        Boolean readOnly = READ_ONLY.get(access.toLowerCase(Locale.ROOT));
        if (access.equals("w!")) {
            wrong("w! would let several guests write one image; expected w or r");
        } else if (readOnly == null) {
            wrong("expected access r, ro, w or rw, found: " + access);
        }
        Format known = format();
        if (!good || target == null || readOnly == null || known == null) {
            return null;
        }
        try {
            return new Disk(device, target, known, readOnly || cdrom);
        } catch (IllegalArgumentException e) {
            wrong(String.valueOf(e.getMessage()));
            return null;
        }
    }

    private @Nullable Format format() {
        return switch (format) {
            case "", "raw" -> Format.RAW;
            case "qcow2" -> Format.QCOW2;
            default -> {
                wrong("expected format raw or qcow2, found: " + format);
                yield null;
            }
        };
    }

    private void wrong(String problem) {
        good = false;
        notes.mistake(line, "disk: " + problem);
    }

    private static List<String> fields(String entry) {
        List<String> fields = new ArrayList<>();
        for (String field : entry.split(",", -1)) {
            fields.add(field.strip());
        }
        return fields;
    }
}
