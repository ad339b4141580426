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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each change once with its write applied and the answer lost, and once with the write itself lost: the caller must
/// see neither, and the change must happen once.
class LostAnswerTest {
    private static final Claims CLAIMS = new Claims(Set.of("/srv/lost.img"), Set.of("10.0.0.1"));
    private static final String GUEST = "lost";

    @SuppressWarnings("NullAway.Init")
    private static ZooKeeperFixture zookeeper;

    @SuppressWarnings("NullAway.Init")
    private static Host alpha;

    @SuppressWarnings("NullAway.Init")
    private static Host beta;

    @BeforeAll
    static void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
        alpha = zookeeper.host("alpha");
        beta = zookeeper.host("beta");
        // The four permanent nodes are in place before anything gets lost, so that the loss meets the change.
        alpha.ownership().claim("other", "{}", new Claims(Set.of(), Set.of()));
        beta.ownership().settle("other");
    }

    @AfterAll
    static void stop() throws Exception {
        zookeeper.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWER", "REQUEST"})
    void everyChangeSurvives(Loss loss) throws Exception {
        UUID first = UUID.randomUUID();
        UUID second = UUID.randomUUID();
        double lostBefore = alpha.writes("lost") + beta.writes("lost");

        lose(alpha, loss);
        assertThat(alpha.ownership().claim(GUEST, "{}", CLAIMS)).isEqualTo(1);
        lose(alpha, loss);
        alpha.ownership().beginHandover(GUEST, 1, "beta", first);
        assertThat(alpha.ownership().guest(GUEST).orElseThrow().owner().state())
                .isEqualTo(new OwnerState.Handover("beta", first));
        lose(alpha, loss);
        assertThat(alpha.ownership().takeBack(GUEST, first)).isEqualTo(new Verdict.Mine(1));
        lose(beta, loss);
        assertThat(beta.ownership().commit(GUEST, first, CLAIMS)).isEqualTo(new Verdict.NotMine("alpha", 1));
        alpha.ownership().beginHandover(GUEST, 1, "beta", second);
        lose(beta, loss);
        assertThat(beta.ownership().commit(GUEST, second, CLAIMS)).isEqualTo(new Verdict.Mine(2));
        lose(alpha, loss);
        assertThat(alpha.ownership().takeBack(GUEST, second)).isEqualTo(new Verdict.NotMine("beta", 2));
        lose(beta, loss);
        assertThat(beta.ownership().settle(GUEST)).isEqualTo(new Verdict.Mine(2));
        lose(beta, loss);
        beta.ownership().stopped(GUEST, 2);
        lose(beta, loss);
        beta.ownership().forget(GUEST);

        assertThat(alpha.proxy().lost()).isTrue();
        assertThat(beta.proxy().lost()).isTrue();
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains(GUEST) || path.contains("10.0.0.1"));
        // Claim, begin, take back, commit, settle, stop and forget are writes; refusals lose a mere confirmation.
        assertThat(alpha.writes("lost") + beta.writes("lost") - lostBefore).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWER", "REQUEST"})
    void aClaimThatLostTheRaceIsNotMistakenForSuccess(Loss loss) throws Exception {
        alpha.ownership().claim("race", "{}", new Claims(Set.of(), Set.of()));
        lose(beta, loss);
        assertThatThrownBy(() -> beta.ownership().claim("race", "{}", new Claims(Set.of(), Set.of())))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("RUNNING on alpha");
        lose(alpha, loss);
        assertThatThrownBy(() -> alpha.ownership().claim("race", "{}", new Claims(Set.of(), Set.of())))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("RUNNING on alpha");
        alpha.ownership().stopped("race", 1);
        alpha.ownership().forget("race");
    }

    private static void lose(Host host, Loss loss) {
        host.proxy().loseNext(loss);
    }
}
