package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.testing.FakeHypervisor;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.GuestSpec;
import io.godwit.storage.Claims;
import io.godwit.storage.placement.RestartPolicy;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpecJsonTest {
    private static final GuestSpec PLAIN = TestHost.spec("g", 32, new FakeHypervisor().capabilities());

    private static final GuestSpec FULL = new GuestSpec(
            "g",
            PLAIN.uuid(),
            PLAIN.memoryBytes(),
            4,
            "pc-q35-7.2",
            "qemu64",
            new GuestSpec.Boot("/k", null, "a=b \"c\""),
            List.of(
                    new GuestSpec.Disk("vda", "/images/a", GuestSpec.Disk.Format.QCOW2, false),
                    new GuestSpec.Disk("vdb", "/images/b", GuestSpec.Disk.Format.RAW, true)),
            List.of(new GuestSpec.Nic("52:54:00:00:00:01", "br1", List.of("10.0.0.1", "fe80::1"))),
            GuestSpec.OnEvent.DESTROY,
            GuestSpec.OnEvent.RESTART,
            GuestSpec.OnEvent.PRESERVE);

    @Test
    void bringsBackWhatWasWritten() {
        assertThat(SpecJson.read("g", SpecJson.write(FULL))).contains(FULL);
        assertThat(SpecJson.read("g", SpecJson.write(PLAIN))).contains(PLAIN);
        RestartPolicy policy = new RestartPolicy("shop", "db", 7, false);
        assertThat(SpecJson.recorded("g", SpecJson.write(FULL, policy))).contains(new SpecJson.Recorded(FULL, policy));
        assertThat(SpecJson.read("g", SpecJson.write(FULL, policy))).contains(FULL);
        assertThat(SpecJson.recorded("g", SpecJson.write(PLAIN)))
                .contains(new SpecJson.Recorded(PLAIN, RestartPolicy.DEFAULT));
        assertThat(SpecJson.write(PLAIN, RestartPolicy.DEFAULT)).doesNotContain("failover");
        assertThat(SpecJson.recorded("g", SpecJson.write(FULL, policy).replace("\"priority\":7", "\"priority\":-1")))
                .isEmpty();
    }

    @Test
    void claimsWhatTheGuestWritesAndAnswersOn() {
        assertThat(SpecJson.claims(FULL)).isEqualTo(new Claims(Set.of("/images/a"), Set.of("10.0.0.1", "fe80::1")));
    }

    @Test
    void doesNotGuessAtWhatItDoesNotUnderstand() {
        String json = SpecJson.write(FULL);
        assertThat(SpecJson.read("g", "")).isEmpty();
        assertThat(SpecJson.read("g", "null")).isEmpty();
        assertThat(SpecJson.read("g", "{}")).isEmpty();
        assertThat(SpecJson.read("g", json.substring(0, json.length() / 2))).isEmpty();
        assertThat(SpecJson.read("g", json.replace("\"vcpus\":4", "\"vcpus\":4,\"gpus\":1")))
                .isEmpty();
        assertThat(SpecJson.read("g", json.replace("\"vcpus\":4", "\"vcpus\":100000")))
                .isEmpty();
        assertThat(SpecJson.read("g", json.replace("\"vcpus\":4", "\"vcpus\":4,\"vcpus\":5")))
                .isEmpty();
    }
}
