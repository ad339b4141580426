package io.godwit.migration.protocol;

import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.protocol.Message.Answer;
import io.godwit.migration.protocol.Message.Prepare;
import io.godwit.migration.protocol.Message.Question;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/// The rare payloads that are JSON: they are about names and settings, and are read by people when things go
/// wrong.
final class OfferJson {
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(16)
                            .maxNumberLength(32)
                            .maxNameLength(64)
                            .maxStringLength(Limits.TEXT_BYTES_MAX)
                            .maxDocumentLength(Limits.JSON_BYTES_MAX)
                            .build())
                    .build())
            .build();

    private OfferJson() {}

    static byte[] write(Message message) {
        return JSON.writeValueAsBytes(message);
    }

    static Question question(byte[] json) throws ProtocolException {
        Question question = read(json, Question.class);
        return new Question(checked(question.offer()));
    }

    static Prepare prepare(byte[] json) throws ProtocolException {
        Prepare prepare = read(json, Prepare.class);
        if (prepare.connections() < 1 || prepare.connections() > MigrationPolicy.CONNECTIONS_MAX) {
            throw new ProtocolException(
                    "The peer asked for a number of connections out of range: " + prepare.connections());
        }
        return new Prepare(checked(prepare.offer()), prepare.connections(), prepare.verify());
    }

    static Answer answer(byte[] json) throws ProtocolException {
        Answer answer = read(json, Answer.class);
        if (answer.blockers().size() > Limits.BLOCKERS_MAX) {
            throw new ProtocolException(
                    "The peer named too many blockers: " + answer.blockers().size());
        }
        return answer;
    }

    /// JSON leaves out what it likes, and a missing property is a null that no constructor complained of.
    private static Offer checked(@Nullable Offer offer) throws ProtocolException {
        try {
            Objects.requireNonNull(offer, "offer");
            Objects.requireNonNull(offer.migration(), "migration");
            Objects.requireNonNull(offer.sourceHost(), "sourceHost");
            Objects.requireNonNull(offer.hypervisorVersion(), "hypervisorVersion");
            Objects.requireNonNull(offer.accelerator(), "accelerator");
            GuestSpec spec = Objects.requireNonNull(offer.spec(), "spec");
            Objects.requireNonNull(spec.uuid(), "spec.uuid");
            Objects.requireNonNull(spec.onPoweroff(), "spec.onPoweroff");
            Objects.requireNonNull(spec.onReboot(), "spec.onReboot");
            Objects.requireNonNull(spec.onCrash(), "spec.onCrash");
            for (GuestSpec.Disk disk : spec.disks()) {
                Objects.requireNonNull(disk.format(), "spec.disks.format");
            }
            if (spec.boot() != null) {
                Objects.requireNonNull(spec.boot().commandLine(), "spec.boot.commandLine");
            }
            for (GuestMemory.Region region : offer.memory()) {
                Objects.requireNonNull(region.id(), "memory.id");
            }
            return offer;
        } catch (NullPointerException e) {
            throw new ProtocolException("The offer leaves something out: " + e.getMessage(), e);
        }
    }

    private static <T> T read(byte[] json, Class<T> type) throws ProtocolException {
        try {
            T value = JSON.readValue(json, type);
            if (value == null) {
                throw new ProtocolException("The peer sent a null " + type.getSimpleName());
            }
            return value;
        } catch (JacksonException e) {
            throw new ProtocolException(
                    "The peer sent a " + type.getSimpleName() + " that cannot be used: " + e.getOriginalMessage(), e);
        }
    }

    /// Cuts a text so that it fits on the wire, at a character's border.
    static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= Limits.TEXT_BYTES_MAX) {
            return bytes;
        }
        int end = Limits.TEXT_BYTES_MAX;
        while ((bytes[end] & 0xc0) == 0x80) {
            end--;
        }
        return Arrays.copyOf(bytes, end);
    }

    static List<String> blockers(List<String> blockers) {
        return blockers.stream()
                .limit(Limits.BLOCKERS_MAX)
                .map(blocker -> blocker.length() <= 1000 ? blocker : blocker.substring(0, 1000))
                .toList();
    }
}
