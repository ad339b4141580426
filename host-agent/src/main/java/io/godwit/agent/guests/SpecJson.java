package io.godwit.agent.guests;

import io.godwit.shim.GuestSpec;
import io.godwit.storage.Claims;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// A guest's specification as it stands in its record, and what it claims of images and addresses.
public final class SpecJson {
    private static final Logger LOG = LoggerFactory.getLogger(SpecJson.class);

    // An unknown key may be one that a newer agent understands: leaving it out would start a different guest.
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private SpecJson() {}

    public static String write(GuestSpec spec) {
        return MAPPER.writeValueAsString(spec);
    }

    /// Empty if this agent cannot understand the record; the log says why.
    public static Optional<GuestSpec> read(String guest, String json) {
        try {
            return Optional.ofNullable(MAPPER.readValue(json, GuestSpec.class));
        } catch (JacksonException e) {
            LOG.warn("The specification in the record of guest {} cannot be understood: {}", guest, e.getMessage());
            return Optional.empty();
        }
    }

    /// The images the guest writes, and the addresses it answers on.
    public static Claims claims(GuestSpec spec) {
        return new Claims(
                spec.disks().stream()
                        .filter(disk -> !disk.readOnly())
                        .map(GuestSpec.Disk::path)
                        .collect(Collectors.toSet()),
                spec.nics().stream().flatMap(nic -> nic.addresses().stream()).collect(Collectors.toSet()));
    }
}
