package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The cluster's switch, on a real ZooKeeper.
class FailoverRecordTest {
    @SuppressWarnings("NullAway.Init")
    private ZooKeeperFixture zookeeper;

    @BeforeEach
    void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
    }

    @AfterEach
    void stop() throws Exception {
        zookeeper.close();
    }

    @Test
    void isOnUntilSomebodyTurnsItOffForAllHosts() throws Exception {
        Host alpha = zookeeper.host("alpha");
        Host beta = zookeeper.host("beta");
        assertThat(alpha.ownership().failover()).isEqualTo(FailoverSwitch.UNTOUCHED);
        assertThat(alpha.ownership().setFailover(true, "root")).isEqualTo(FailoverSwitch.UNTOUCHED);

        FailoverSwitch off = alpha.ownership().setFailover(false, "root on alpha");
        assertThat(off.on()).isFalse();
        assertThat(off.version()).isZero();
        assertThat(beta.ownership().failover()).isEqualTo(off);
        // Who turned it first stays on record.
        assertThat(beta.ownership().setFailover(false, "root on beta")).isEqualTo(off);

        FailoverSwitch on = beta.ownership().setFailover(true, "root on beta");
        assertThat(on.version()).isEqualTo(1);
        assertThat(alpha.ownership().failover()).isEqualTo(on);
    }

    @Test
    void aLostAnswerIsReadBack() throws Exception {
        Host alpha = zookeeper.host("alpha");
        Host beta = zookeeper.host("beta");
        assertThat(alpha.ownership().failover().on()).isTrue();
        assertThat(alpha.ownership().setFailover(false, "x").on()).isFalse();
        for (Loss loss : new Loss[] {Loss.ANSWER, Loss.REQUEST}) {
            boolean on = loss == Loss.ANSWER;
            alpha.proxy().loseNext(loss);
            assertThat(alpha.ownership().setFailover(on, "y").on()).isEqualTo(on);
            assertThat(alpha.proxy().lost()).isTrue();
            assertThat(beta.ownership().failover().on()).isEqualTo(on);
        }
    }

    @Test
    void whatIsNoSwitchIsNeitherOnNorOff() throws Exception {
        Host alpha = zookeeper.host("alpha");
        alpha.ownership().setFailover(false, "root");
        for (String wrong : new String[] {"", "{\"v\":1,\"failover\":\"maybe\",\"by\":\"\",\"sinceMs\":1}", "off"}) {
            zookeeper.overwrite("/godwit/failover", wrong);
            assertThatThrownBy(() -> alpha.ownership().failover())
                    .isInstanceOfSatisfying(
                            OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED));
        }
        assertThatThrownBy(() -> alpha.ownership().setFailover(true, "x".repeat(201)))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("longer than 200");
    }
}
