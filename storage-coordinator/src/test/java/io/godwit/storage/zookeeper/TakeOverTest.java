package io.godwit.storage.zookeeper;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.Claims;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Takeovers, debts and the floor of epochs, on a real server. The dead host is called dead and never lives.
class TakeOverTest {
    private static final Claims CLAIMS = new Claims(Set.of("/srv/web1.img"), Set.of("10.0.0.7"));
    private static final String OWNER = "/godwit/guests/web1/owner";
    private static final String DEBT = "/godwit/guests/web1/failover";
    private static final Debt DEBT_1 = Debt.NONE_TRIED.tried();

    @SuppressWarnings("NullAway.Init")
    private ZooKeeperFixture zookeeper;

    @SuppressWarnings("NullAway.Init")
    private Host dead;

    @SuppressWarnings("NullAway.Init")
    private Host alpha;

    @SuppressWarnings("NullAway.Init")
    private Host beta;

    @BeforeEach
    void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
        dead = zookeeper.host("dead");
        alpha = zookeeper.host("alpha");
        beta = zookeeper.host("beta");
        dead.ownership().announceHost(entry("dead", 1_800));
        dead.ownership().claim("web1", "{\"a\":1}", CLAIMS);
    }

    @AfterEach
    void stop() throws Exception {
        zookeeper.close();
    }

    @Test
    void theGuestIsTakenWithEverythingItOwns() throws Exception {
        int version = die();
        assertThat(alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1))
                .isEqualTo(2);
        GuestEntry taken = guest();
        assertThat(taken.owner()).isEqualTo(new OwnerRecord("alpha", "boot-of-alpha", 2, new OwnerState.Running()));
        assertThat(taken.specification()).isEqualTo("{\"a\":1}");
        assertThat(taken.claims()).isEqualTo(CLAIMS);
        assertThat(taken.debt()).isEqualTo(DEBT_1);
        assertThat(taken.firstEpoch()).isEqualTo(1);
        assertThat(zookeeper.records())
                .containsEntry("/godwit/images/%2Fsrv%2Fweb1.img/owner", "{\"v\":1,\"guest\":\"web1\",\"epoch\":2}")
                .containsEntry("/godwit/addresses/10.0.0.7", "{\"v\":1,\"guest\":\"web1\",\"epoch\":2}")
                .doesNotContainKey("/godwit/failover");
        alpha.ownership().paid("web1", 2);
        alpha.ownership().paid("web1", 2);
        assertThat(guest().debt()).isNull();
    }

    @Test
    void ofTwoThatTakeOverOneDoes() throws Exception {
        int version = die();
        alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1);
        refused("RUNNING on alpha, epoch 2", () -> beta.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
        refused("RUNNING on alpha", () -> beta.ownership().takeOver("web1", "dead", version, 2, DEBT_1));
    }

    @Test
    void aHandoverThatTheDeadHostLeftIsTakenToo() throws Exception {
        UUID migration = UUID.randomUUID();
        dead.ownership().beginHandover("web1", 1, "beta", migration);
        int version = die();
        assertThat(alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1))
                .isEqualTo(2);
        assertThat(beta.ownership().commit("web1", migration, CLAIMS)).isEqualTo(new Verdict.NotMine("alpha", 2));
    }

    @Test
    void aHostThatCameBackKeepsItsGuests() throws Exception {
        int version = die();
        Host again = zookeeper.host("dead");
        again.ownership().announceHost(entry("dead", 1_800));
        refused("announced again", () -> alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
        zookeeper.expire(again);
        refused("announced again", () -> alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
        assertThat(guest().owner().host()).isEqualTo("dead");
        assertThat(guest().debt()).isNull();
    }

    @Test
    void anAliveHostIsNotTakenFrom() throws Exception {
        int version = sighting().version();
        refused("announced again", () -> alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
    }

    @Test
    void aHostThatDidNotEnforceItsLeaseKeepsItsGuests() throws Exception {
        dead.ownership().announceLease(0);
        int version = die();
        refused("did not enforce its lease", () -> alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
    }

    @Test
    void failoverThatIsOffTakesNothing() throws Exception {
        int version = die();
        beta.ownership().setFailover(false, "a test");
        refused("switched off", () -> alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1));
        beta.ownership().setFailover(true, "a test");
        assertThat(alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1))
                .isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"ANSWER", "REQUEST"})
    void aLostAnswerIsReadBack(Loss loss) throws Exception {
        int version = die();
        alpha.ownership().guests();
        alpha.proxy().loseNext(loss);
        assertThat(alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1))
                .isEqualTo(2);
        assertThat(alpha.proxy().lost()).isTrue();
        assertThat(guest().debt()).isEqualTo(DEBT_1);
    }

    @Test
    void aFailedStartLeavesTheDebtAndAnotherHostGoesOn() throws Exception {
        int version = die();
        alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1);
        alpha.ownership().stoppedOwing("web1", 2, DEBT_1.failed("no kernel"));
        assertThat(guest().owner().state()).isEqualTo(new OwnerState.Stopped());
        assertThat(guest().debt()).isEqualTo(new Debt(1, "no kernel", ""));
        assertThat(beta.ownership().claimOwed("web1", DEBT_1.failed("no kernel").tried()))
                .isEqualTo(3);
        assertThat(guest().claims()).isEqualTo(CLAIMS);
        assertThat(guest().debt()).isEqualTo(new Debt(2, "no kernel", ""));
        refused("RUNNING on beta", () -> alpha.ownership().claimOwed("web1", DEBT_1));
        refused("does not say that it runs here", () -> alpha.ownership().paid("web1", 2));
        assertThat(zookeeper.records()).containsKey(DEBT);
    }

    @Test
    void whatTheOperatorDoesEndsTheDebt() throws Exception {
        int version = die();
        alpha.ownership().takeOver("web1", "dead", version, 1, DEBT_1);
        alpha.ownership().stopped("web1", 2);
        assertThat(guest().debt()).isNull();
        refused("Nothing is owed any more", () -> beta.ownership().claimOwed("web1", DEBT_1));
        alpha.ownership().owe("web1", guest().version(), DEBT_1);
        assertThat(beta.ownership().claim("web1", "{}", CLAIMS)).isEqualTo(3);
        assertThat(guest().debt()).isNull();
        beta.ownership().stoppedOwing("web1", 3, DEBT_1);
        beta.ownership().forget("web1");
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains("web1"));
    }

    @Test
    void aDebtIsNotNotedForAGuestThatHasMovedOn() throws Exception {
        int before = guest().version();
        dead.ownership().stopped("web1", 1);
        refused("has changed meanwhile", () -> alpha.ownership().owe("web1", before, DEBT_1.givenUp("no room")));
        alpha.ownership().owe("web1", guest().version(), DEBT_1.givenUp("no room"));
        assertThat(guest().debt()).isEqualTo(new Debt(1, "", "no room"));
    }

    @Test
    void epochsOfANameNeverStartAgain() throws Exception {
        dead.ownership().stopped("web1", 1);
        assertThat(alpha.ownership().claim("web1", "{}", CLAIMS)).isEqualTo(2);
        alpha.ownership().stopped("web1", 2);
        alpha.ownership().forget("web1");
        assertThat(zookeeper.records()).containsEntry("/godwit/epochFloor", "{\"v\":1,\"epoch\":2}");
        assertThat(beta.ownership().claim("web1", "{}", CLAIMS)).isEqualTo(3);
        assertThat(guest().firstEpoch()).isEqualTo(3);
        assertThat(beta.ownership().claim("other", "{}", Claims.NONE)).isEqualTo(3);
    }

    /// Both records have version 0. The floor stands above the epochs of both, so that it does not rise either.
    @Test
    void aWriteThatStrayedDoesNotReachTheRecordsOfAGuestThatWasMadeAgain() throws Exception {
        alpha.ownership().claim("older", "{}", Claims.NONE);
        for (int epoch = 1; epoch < 5; epoch++) {
            alpha.ownership().stopped("older", epoch);
            alpha.ownership().claim("older", "{}", Claims.NONE);
        }
        alpha.ownership().stopped("older", 5);
        alpha.ownership().forget("older");
        OwnershipSettings settings =
                new OwnershipSettings(zookeeper.server().getConnectString(), "/godwit", 2_000, "dead", "boot");
        try (RecordStore store = new RecordStore(settings)) {
            store.start((_, _) -> {});
            await().until(store::connected);
            GuestSnapshot seen = GuestSnapshot.read(store, ChangeRequest.of(new OwnerEvent.Settle("web1", "dead")));
            OwnerContent content = requireNonNull(seen.view().content());
            assertThat(seen.view().version()).isZero();
            List<CuratorOp> stray = seen.write(0, content, false);
            dead.ownership().stopped("web1", 1);
            dead.ownership().forget("web1");
            dead.ownership().claim("web1", "{}", CLAIMS);
            assertThat(guest().version()).isZero();
            assertThatThrownBy(() -> store.write(stray)).isInstanceOf(KeeperException.BadVersionException.class);
        }
        assertThat(guest().owner().epoch()).isEqualTo(6);
    }

    @Test
    void whatWasReadOfAGuestIsNotConfirmedOfOneThatWasMadeAgain() throws Exception {
        OwnershipSettings settings =
                new OwnershipSettings(zookeeper.server().getConnectString(), "/godwit", 2_000, "dead", "boot");
        try (RecordStore store = new RecordStore(settings)) {
            store.start((_, _) -> {});
            await().until(store::connected);
            GuestSnapshot seen = GuestSnapshot.read(store, ChangeRequest.of(new OwnerEvent.Settle("web1", "beta")));
            assertThat(seen.view().version()).isZero();
            store.write(seen.confirm(0));
            dead.ownership().stopped("web1", 1);
            dead.ownership().forget("web1");
            alpha.ownership().claim("web1", "{}", CLAIMS);
            assertThat(guest().version()).isZero();
            assertThatThrownBy(() -> store.write(seen.confirm(0)))
                    .isInstanceOf(KeeperException.BadVersionException.class);
        }
    }

    @Test
    void epochsOfAnImageNeverStartAgain() throws Exception {
        long epoch = 1;
        for (; epoch < 4; epoch++) {
            dead.ownership().stopped("web1", epoch);
            assertThat(dead.ownership().claim("web1", "{}", CLAIMS)).isEqualTo(epoch + 1);
        }
        assertThat(alpha.ownership().claim("old", "{}", Claims.NONE)).isEqualTo(1);
        alpha.ownership().stopped("old", 1);
        dead.ownership().stopped("web1", 4);
        assertThat(dead.ownership().claim("web1", "{}", Claims.NONE)).isEqualTo(5);
        // The image was written in epoch 4; a guest that was in epoch 1 takes it and must be above that.
        assertThat(alpha.ownership().claim("old", "{}", CLAIMS)).isEqualTo(5);
    }

    @Test
    void oneHostHasTheSeatAndAnotherTakesItWhenItIsFree() throws Exception {
        assertThat(alpha.ownership().coordinates()).isTrue();
        assertThat(alpha.ownership().coordinates()).isTrue();
        assertThat(beta.ownership().coordinates()).isFalse();
        zookeeper.kill(alpha);
        assertThat(beta.ownership().coordinates()).isTrue();
    }

    @Test
    void aGuestIsStartedAgainAsItWas() throws Exception {
        dead.ownership().stopped("web1", 1);
        assertThat(beta.ownership().claimAgain("web1")).isEqualTo(2);
        assertThat(guest().specification()).isEqualTo("{\"a\":1}");
        assertThat(guest().claims()).isEqualTo(CLAIMS);
        assertThatThrownBy(() -> beta.ownership().claimAgain("nobody"))
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN));
    }

    private int die() throws Exception {
        zookeeper.kill(dead);
        HostSighting sighting = sighting();
        assertThat(sighting.host().alive()).isFalse();
        return sighting.version();
    }

    private HostSighting sighting() throws OwnershipException {
        alpha.ownership().sync();
        return alpha.ownership().hostSightings().stream()
                .filter(sighting -> sighting.host().host().equals("dead"))
                .findFirst()
                .orElseThrow();
    }

    private GuestEntry guest() throws Exception {
        assertThat(zookeeper.records()).containsKey(OWNER);
        alpha.ownership().sync();
        return alpha.ownership().guest("web1").orElseThrow();
    }

    private static HostEntry entry(String host, long leaseTakeoverWaitMs) {
        return new HostEntry(host, "127.0.0.1", 1, 2, 1L << 30, HostState.UP, leaseTakeoverWaitMs, true);
    }

    private static void refused(String words, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining(words);
    }
}
