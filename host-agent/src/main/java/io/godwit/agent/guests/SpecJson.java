package io.godwit.agent.guests;

import io.godwit.shim.GuestSpec;
import io.godwit.storage.Claims;
import io.godwit.storage.placement.RestartPolicy;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A guest's specification as it stands in its record, and what it claims of images and addresses.
public final class SpecJson {
    private static final Logger LOG = LoggerFactory.getLogger(SpecJson.class);

    private static final String POLICY = "failover";

    // An unknown key may be one that a newer agent understands: leaving it out would start a different guest.
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private SpecJson() {}

    /// All that a record says of a guest.
    ///
    /// @param policy  what becomes of it when its host dies: a key beside the specification's own, left out where
    ///                it is what it is for a guest whose file does not speak of it
    public record Recorded(GuestSpec spec, RestartPolicy policy) {}

    public static String write(GuestSpec spec, RestartPolicy policy) {
        ObjectNode json = MAPPER.valueToTree(spec);
        if (!policy.equals(RestartPolicy.DEFAULT)) {
            json.set(POLICY, MAPPER.valueToTree(policy));
        }
        return MAPPER.writeValueAsString(json);
    }

    public static String write(GuestSpec spec) {
        return write(spec, RestartPolicy.DEFAULT);
    }

    /// Empty if this agent cannot understand the record; the log says why.
    public static Optional<GuestSpec> read(String guest, String json) {
        return recorded(guest, json).map(Recorded::spec);
    }

    /// Empty if this agent cannot understand the record; the log says why.
    public static Optional<Recorded> recorded(String guest, String json) {
        try {
            if (!(MAPPER.readTree(json) instanceof ObjectNode whole)) {
                LOG.warn("The specification in the record of guest {} is no JSON object", guest);
                return Optional.empty();
            }
            JsonNode policy = whole.remove(POLICY);
            return Optional.of(new Recorded(
                    MAPPER.treeToValue(whole, GuestSpec.class),
                    policy == null ? RestartPolicy.DEFAULT : MAPPER.treeToValue(policy, RestartPolicy.class)));
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
