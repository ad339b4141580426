package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.handover.OwnerContent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordCodecTest {
    private static final UUID CAUSE = new UUID(1, 2);
    private static final UUID MIGRATION = new UUID(3, 4);
    private static final String PATH = "/godwit/guests/web1/owner";
    private static final String HANDOVER = "{\"v\":1,\"host\":\"alpha\",\"bootId\":\"boot\",\"epoch\":7,"
            + "\"cause\":\"00000000-0000-0001-0000-000000000002\",\"state\":\"HANDOVER\",\"target\":\"beta\","
            + "\"migration\":\"00000000-0000-0003-0000-000000000004\"}";

    @Test
    void everyOwnerStateSurvivesTheJourney() throws Exception {
        List<OwnerState> states =
                List.of(new OwnerState.Running(), new OwnerState.Stopped(), new OwnerState.Handover("beta", MIGRATION));
        for (OwnerState state : states) {
            OwnerContent content = new OwnerContent(new OwnerRecord("alpha", "boot", 7, state), CAUSE);
            assertThat(RecordCodec.owner(PATH, RecordCodec.owner(content))).isEqualTo(content);
        }
    }

    @Test
    void theOwnerRecordOfVersionOneStaysAsItIs() {
        OwnerState state = new OwnerState.Handover("beta", MIGRATION);
        OwnerContent content = new OwnerContent(new OwnerRecord("alpha", "boot", 7, state), CAUSE);
        assertThat(new String(RecordCodec.owner(content), StandardCharsets.UTF_8))
                .isEqualTo(HANDOVER);
    }

    @Test
    void theOtherRecordsSurviveTheJourney() throws Exception {
        GuestRecord guest = new GuestRecord("{\"a\":\"ü\"}", new Claims(Set.of("/a", "/b"), Set.of("10.0.0.1")), 4);
        assertThat(RecordCodec.guest(PATH, RecordCodec.guest(guest))).isEqualTo(guest);
        HolderRecord holder = new HolderRecord("web1", 9);
        assertThat(RecordCodec.holder(PATH, RecordCodec.holder(holder))).isEqualTo(holder);
        HostEntry host = new HostEntry("alpha", "10.0.0.1", 1, 65_535, 1L << 40, HostState.DRAINING, 1_802, true);
        assertThat(RecordCodec.host(PATH, RecordCodec.host(host), "alpha", true))
                .isEqualTo(host);
        AliveRecord alive = new AliveRecord("boot", new ProcessIdentity("pid:[1]", 42, 4711), CAUSE);
        assertThat(RecordCodec.alive(PATH, RecordCodec.alive(alive))).isEqualTo(alive);
    }

    @Test
    void debtsAndTheFloorComeBackAsTheyWere() throws Exception {
        Debt debt = new Debt(3, "no room: \u00e4", "5 attempts");
        assertThat(RecordCodec.debt(PATH, RecordCodec.debt(debt))).isEqualTo(debt);
        assertThat(RecordCodec.floor(PATH, RecordCodec.floor(17))).isEqualTo(17);
        Debt wordy = new Debt(1, "x".repeat(10 * Debt.TEXT_LENGTH_MAX), "");
        assertThat(RecordCodec.debt(PATH, RecordCodec.debt(wordy)).lastError()).hasSize(Debt.TEXT_LENGTH_MAX);
    }

    @Test
    void aGuestRecordWithoutItsFirstEpochBeganWithTheFirst() throws Exception {
        String old = "{\"v\":1,\"specification\":\"{}\",\"images\":[],\"addresses\":[]}";
        assertThat(RecordCodec.guest(PATH, old.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new GuestRecord("{}", Claims.NONE, 1));
    }

    @Test
    void aHostRecordWithoutALeaseMeansThatNoneIsEnforced() throws Exception {
        String old = "{\"v\":1,\"address\":\"10.0.0.1\",\"apiPort\":1,\"migrationPort\":2,\"memoryBytes\":3,"
                + "\"state\":\"UP\"}";
        HostEntry read = RecordCodec.host(PATH, old.getBytes(StandardCharsets.UTF_8), "alpha", true);
        assertThat(read).isEqualTo(new HostEntry("alpha", "10.0.0.1", 1, 2, 3, HostState.UP, true));
        assertThat(read.enforcesLease()).isFalse();
        for (String wrong : List.of("-1", "\"1\"", "3600001")) {
            String json = old.replace("\"UP\"", "\"UP\",\"leaseTakeoverWaitMs\":" + wrong);
            assertThatThrownBy(() -> RecordCodec.host(PATH, json.getBytes(StandardCharsets.UTF_8), "alpha", true))
                    .isInstanceOf(UnreadableRecord.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "42",
                "{}",
                "{\"v\":2}",
                "{\"v\":\"1\"}",
                "{\"v\":1}",
                "{\"v\":1.0}",
                "{\"v\":1}{}"
            })
    void refusesWhatIsNoOwnerRecord(String json) {
        unreadable(json);
    }

    @Test
    void refusesEachFieldThatIsMissingOrWrong() {
        unreadable(HANDOVER.replace("HANDOVER", "FLYING"));
        unreadable(HANDOVER.replace("HANDOVER", "running"));
        unreadable(HANDOVER.replace("\"v\":1", "\"v\":2"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":0"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":-1"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":9223372036854775807"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":99999999999999999999"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":7.5"));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":\"7\""));
        unreadable(HANDOVER.replace("\"epoch\":7", "\"epoch\":7,\"epoch\":8"));
        unreadable(HANDOVER.replace("\"alpha\"", "\"\""));
        unreadable(HANDOVER.replace("\"alpha\"", "null"));
        unreadable(HANDOVER.replace("\"target\"", "\"tarmac\""));
        unreadable(HANDOVER.replace("00000000-0000-0003-0000-000000000004", "3"));
        unreadable(HANDOVER + " ".repeat(RecordFields.RECORD_BYTES_MAX));
        unreadable("[".repeat(100_000));
    }

    @Test
    void damagedBytesAreReadOrRefusedAndNothingElse() {
        Random random = new Random(20_261_121);
        byte[] whole = HANDOVER.getBytes(StandardCharsets.UTF_8);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = Arrays.copyOf(whole, whole.length - random.nextInt(3));
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                OwnerContent content = RecordCodec.owner(PATH, damaged);
                assertThat(content.record().epoch()).isPositive();
            } catch (UnreadableRecord _) {
                refused++;
            }
        }
        assertThat(refused).isBetween(10_000, 19_999);
    }

    private static void unreadable(String json) {
        assertThatThrownBy(() -> RecordCodec.owner(PATH, json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(UnreadableRecord.class)
                .hasMessageContaining(PATH);
    }
}
