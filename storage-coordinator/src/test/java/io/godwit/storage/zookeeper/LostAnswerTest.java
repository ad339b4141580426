package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.Claims;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each change once with its write applied and the answer lost, and once with the write itself lost: the caller must
/// see neither, and the change must happen once.
@Execution(ExecutionMode.CONCURRENT)
class LostAnswerTest {
    private static final Claims NONE = new Claims(Set.of(), Set.of());

    @SuppressWarnings("NullAway.Init")
    private ZooKeeperFixture zookeeper;

    @BeforeEach
    void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
        // The permanent nodes are in place before anything gets lost, so that the loss meets the change.
        zookeeper.host("first").ownership().claim("first", "{}", NONE);
    }

    @AfterEach
    void stop() throws Exception {
        zookeeper.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWER", "REQUEST"})
    void everyChangeSurvives(Loss loss) throws Exception {
        String guest = "lost-" + loss;
        Claims claims =
                new Claims(Set.of("/srv/" + guest + ".img"), Set.of(loss == Loss.ANSWER ? "10.0.0.1" : "10.0.0.2"));
        Host alpha = connected("alpha");
        Host beta = connected("beta");
        UUID first = UUID.randomUUID();
        UUID second = UUID.randomUUID();
        lose(alpha, loss);
        assertThat(alpha.ownership().claim(guest, "{}", claims)).isEqualTo(1);
        lose(alpha, loss);
        alpha.ownership().beginHandover(guest, 1, "beta", first);
        assertThat(alpha.ownership().guest(guest).orElseThrow().owner().state())
                .isEqualTo(new OwnerState.Handover("beta", first));
        lose(alpha, loss);
        assertThat(alpha.ownership().takeBack(guest, first)).isEqualTo(new Verdict.Mine(1));
        lose(beta, loss);
        assertThat(beta.ownership().commit(guest, first, claims)).isEqualTo(new Verdict.NotMine("alpha", 1));
        alpha.ownership().beginHandover(guest, 1, "beta", second);
        lose(beta, loss);
        assertThat(beta.ownership().commit(guest, second, claims)).isEqualTo(new Verdict.Mine(2));
        lose(alpha, loss);
        assertThat(alpha.ownership().takeBack(guest, second)).isEqualTo(new Verdict.NotMine("beta", 2));
        lose(beta, loss);
        assertThat(beta.ownership().settle(guest)).isEqualTo(new Verdict.Mine(2));
        lose(beta, loss);
        beta.ownership().stopped(guest, 2);
        lose(beta, loss);
        beta.ownership().forget(guest);

        assertThat(alpha.proxy().lost()).isTrue();
        assertThat(beta.proxy().lost()).isTrue();
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains(guest));
        // Claim, begin, take back, commit, settle, stop and forget are writes; refusals lose a mere confirmation.
        assertThat(alpha.writes("lost") + beta.writes("lost")).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWER", "REQUEST"})
    void aClaimThatLostTheRaceIsNotMistakenForSuccess(Loss loss) throws Exception {
        String guest = "race-" + loss;
        Host alpha = connected("alpha");
        Host beta = connected("beta");
        alpha.ownership().claim(guest, "{}", NONE);
        lose(beta, loss);
        assertThatThrownBy(() -> beta.ownership().claim(guest, "{}", NONE))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("RUNNING on alpha");
        lose(alpha, loss);
        assertThatThrownBy(() -> alpha.ownership().claim(guest, "{}", NONE))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("RUNNING on alpha");
    }

    /// The first answer fetches the permanent nodes, too.
    private Host connected(String name) throws Exception {
        Host host = zookeeper.host(name);
        assertThatThrownBy(() -> host.ownership().claim("first", "{}", NONE)).hasMessageContaining("RUNNING on first");
        return host;
    }

    private static void lose(Host host, Loss loss) {
        host.proxy().loseNext(loss);
    }
}
