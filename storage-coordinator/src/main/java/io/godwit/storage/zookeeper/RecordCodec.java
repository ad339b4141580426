package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.handover.OwnerContent;
import java.util.Set;
import java.util.UUID;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The records as JSON, version 1. What is read is hostile until checked: anybody who reaches ZooKeeper may have
/// written it, or a later version of Godwit.
final class RecordCodec {
    static final int VERSION = 1;

    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final String RUNNING = "RUNNING";
    private static final String HANDOVER = "HANDOVER";
    private static final String STOPPED = "STOPPED";

    private RecordCodec() {}

    static byte[] owner(OwnerContent content) {
        OwnerRecord owner = content.record();
        ObjectNode json = json().put("host", owner.host())
                .put("bootId", owner.bootId())
                .put("epoch", owner.epoch())
                .put("cause", content.cause().toString());
        switch (owner.state()) {
            case OwnerState.Running _ -> json.put("state", RUNNING);
            case OwnerState.Stopped _ -> json.put("state", STOPPED);
            case OwnerState.Handover(String target, UUID migration) ->
                json.put("state", HANDOVER).put("target", target).put("migration", migration.toString());
        }
        return bytes(json);
    }

    static OwnerContent owner(String path, byte[] bytes) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        String state = fields.name("state");
        OwnerState ownerState = switch (state) {
            case RUNNING -> new OwnerState.Running();
            case STOPPED -> new OwnerState.Stopped();
            case HANDOVER -> new OwnerState.Handover(fields.name("target"), fields.uuid("migration"));
            // A string, not one of our types: whatever else it says is unknown.
            default -> throw fields.wrong("state", state);
        };
        long epoch = fields.number("epoch", 1, Long.MAX_VALUE - 1);
        OwnerRecord owner = new OwnerRecord(fields.name("host"), fields.name("bootId"), epoch, ownerState);
        return new OwnerContent(owner, fields.uuid("cause"));
    }

    static byte[] guest(GuestRecord guest) {
        ObjectNode json = json().put("specification", guest.specification());
        put(json.putArray("images"), guest.claims().images());
        put(json.putArray("addresses"), guest.claims().addresses());
        json.put("firstEpoch", guest.firstEpoch());
        return bytes(json);
    }

    static GuestRecord guest(String path, byte[] bytes) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        Claims claims = new Claims(fields.names("images"), fields.names("addresses"));
        // Before epochs had a floor every guest began with the first.
        long firstEpoch = fields.numberOr("firstEpoch", 1, Long.MAX_VALUE - 1, 1);
        return new GuestRecord(fields.text("specification", RecordFields.RECORD_BYTES_MAX), claims, firstEpoch);
    }

    static byte[] debt(Debt debt) {
        return bytes(json().put("attempts", debt.attempts())
                .put("lastError", debt.lastError())
                .put("gaveUp", debt.gaveUp()));
    }

    static Debt debt(String path, byte[] bytes) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        return new Debt(
                (int) fields.number("attempts", 0, Debt.ATTEMPTS_MAX),
                fields.text("lastError", Debt.TEXT_LENGTH_MAX),
                fields.text("gaveUp", Debt.TEXT_LENGTH_MAX));
    }

    static byte[] floor(long epoch) {
        return bytes(json().put("epoch", epoch));
    }

    static long floor(String path, byte[] bytes) throws UnreadableRecord {
        return RecordFields.parse(path, bytes).number("epoch", 0, Long.MAX_VALUE - 1);
    }

    static byte[] holder(HolderRecord holder) {
        return bytes(json().put("guest", holder.guest()).put("epoch", holder.epoch()));
    }

    static HolderRecord holder(String path, byte[] bytes) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        return new HolderRecord(fields.name("guest"), fields.number("epoch", 1, Long.MAX_VALUE - 1));
    }

    static byte[] host(HostEntry host) {
        return bytes(json().put("address", host.address())
                .put("apiPort", host.apiPort())
                .put("migrationPort", host.migrationPort())
                .put("memoryBytes", host.memoryBytes())
                .put("state", host.state().name())
                .put("leaseTakeoverWaitMs", host.leaseTakeoverWaitMs()));
    }

    static HostEntry host(String path, byte[] bytes, String host, boolean alive) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        HostEntry.HostState state;
        try {
            state = HostEntry.HostState.valueOf(fields.name("state"));
        } catch (IllegalArgumentException e) {
            throw new UnreadableRecord("A record's host state is unknown: " + path, e);
        }
        return new HostEntry(
                host,
                fields.name("address"),
                (int) fields.number("apiPort", 0, 65_535),
                (int) fields.number("migrationPort", 0, 65_535),
                fields.number("memoryBytes", 0, Long.MAX_VALUE),
                state,
                // Agents that knew of no lease wrote none, and enforced none.
                fields.numberOr("leaseTakeoverWaitMs", 0, HostEntry.LEASE_TAKEOVER_WAIT_MS_MAX, 0),
                alive);
    }

    static byte[] failover(FailoverSwitch failover) {
        return bytes(json().put("failover", failover.on() ? "on" : "off")
                .put("by", failover.by())
                .put("sinceMs", failover.sinceMs()));
    }

    static FailoverSwitch failover(String path, byte[] bytes, int version) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        String on = fields.name("failover");
        if (!on.equals("on") && !on.equals("off")) {
            throw fields.wrong("failover", on);
        }
        return new FailoverSwitch(
                on.equals("on"),
                fields.text("by", FailoverSwitch.BY_LENGTH_MAX),
                fields.number("sinceMs", 0, Long.MAX_VALUE),
                version);
    }

    static byte[] alive(AliveRecord alive) {
        return bytes(json().put("bootId", alive.bootId())
                .put("pidNamespace", alive.process().pidNamespace())
                .put("pid", alive.process().pid())
                .put("startTicks", alive.process().startTicks())
                .put("instance", alive.instance().toString()));
    }

    static AliveRecord alive(String path, byte[] bytes) throws UnreadableRecord {
        RecordFields fields = RecordFields.parse(path, bytes);
        ProcessIdentity process = new ProcessIdentity(
                fields.name("pidNamespace"),
                fields.number("pid", 1, Integer.MAX_VALUE),
                fields.number("startTicks", 0, Long.MAX_VALUE));
        return new AliveRecord(fields.name("bootId"), process, fields.uuid("instance"));
    }

    private static ObjectNode json() {
        return MAPPER.createObjectNode().put("v", VERSION);
    }

    private static void put(ArrayNode array, Set<String> values) {
        values.stream().sorted().forEach(array::add);
    }

    private static byte[] bytes(ObjectNode json) {
        return MAPPER.writeValueAsBytes(json);
    }
}
