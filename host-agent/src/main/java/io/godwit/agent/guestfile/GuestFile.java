package io.godwit.agent.guestfile;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.placement.RestartPolicy;
import java.util.List;
import java.util.Map;

/// A guest file that has been read.
///
/// @param policy    what becomes of the guest when its host dies
/// @param warnings  what the file says that means nothing here; each begins with the file's name and the line
public record GuestFile(GuestSpec spec, RestartPolicy policy, List<String> warnings) {

    public static final int TEXT_CHARS_MAX = 256 << 10;

    public GuestFile {
        warnings = List.copyOf(warnings);
    }

    /// Reads xl.cfg syntax: `key = value` lines, where a value is a string in quotes, a whole number or a list of
    /// strings. Nothing is looked up on this host: whether images and bridges are there is the hypervisor's to say.
    ///
    /// - `memory` is in MiB; `vcpus` is 1, `on_poweroff` destroy, `on_reboot` restart and `on_crash` destroy where
    ///   the file is silent.
    /// - A `vif` without `mac` gets QEMU's prefix `52:54:00` and three bytes of SHA-256 over name and position.
    /// - `uuid` is derived from the name where it is missing.
    /// - `affinity` and `anti_affinity` name a group, `priority` is 100 and `failover` restart where the file is
    ///   silent: what becomes of the guest when its host dies.
    /// - `machine` (versioned) and `cpu` are Godwit's own keys; they default to the host's.
    ///
    /// @param fileName  for messages
    /// @throws GuestFileException with all mistakes at once
    public static GuestFile parse(String fileName, String text, Hypervisor.Capabilities defaults)
            throws GuestFileException {
        Notes notes = new Notes(fileName);
        if (text.length() > TEXT_CHARS_MAX) {
            notes.mistake(0, "longer than " + TEXT_CHARS_MAX + " characters");
            throw new GuestFileException(notes.mistakes());
        }
        Map<String, Value> values = GuestFileParser.parse(text, notes);
        SpecReader reader = new SpecReader(values, defaults, notes);
        RestartPolicy policy = reader.policy();
        GuestSpec spec = reader.spec();
        if (spec == null || !notes.mistakes().isEmpty()) {
            throw new GuestFileException(notes.mistakes());
        }
        return new GuestFile(spec, policy, notes.warnings());
    }
}
