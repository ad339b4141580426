package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.handover.OwnerChange;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HostRegistryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SESSION_TIMEOUT = Duration.ofMillis(ZooKeeperFixture.SESSION_TIMEOUT_MS);

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
    void announcesAndBringsUpToDate() throws Exception {
        Host alpha = zookeeper.host("alpha");
        Host beta = zookeeper.host("beta");
        alpha.ownership().announceHost(entry("alpha", HostState.UP));
        alpha.ownership().announceHost(entry("alpha", HostState.DRAINING));
        beta.ownership().announceHost(entry("beta", HostState.UP));
        assertThat(beta.ownership().hosts())
                .containsExactlyInAnyOrder(entry("alpha", HostState.DRAINING), entry("beta", HostState.UP));
        assertThat(beta.ownership().host("gamma")).isEmpty();
        refused(() -> beta.ownership().announceHost(entry("alpha", HostState.UP)));

        alpha.ownership().close();
        await().atMost(PATIENCE)
                .until(() -> !beta.ownership().host("alpha").orElseThrow().alive());
    }

    @Test
    void aSecondLiveAgentOfTheSameNameIsRefusedInTime() throws Exception {
        Host first = zookeeper.host("alpha");
        Host second = zookeeper.host("alpha", "another-boot", ProcessIdentity.ofThisProcess(), OwnerChange::new);
        first.ownership().announceHost(entry("alpha", HostState.UP));
        long begin = System.nanoTime();
        refused(() -> second.ownership().announceHost(entry("alpha", HostState.MAINTENANCE)));
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isBetween(SESSION_TIMEOUT, SESSION_TIMEOUT.multipliedBy(2));
        assertThat(first.ownership().host("alpha")).contains(entry("alpha", HostState.UP));
    }

    @Test
    void theHintOfAnAgentThatDiedOnThisKernelGivesWayAtOnce() throws Exception {
        Host dead = zookeeper.host("alpha", "boot", deadProcess(), OwnerChange::new);
        Host restarted = zookeeper.host("alpha", "boot", ProcessIdentity.ofThisProcess(), OwnerChange::new);
        dead.ownership().announceHost(entry("alpha", HostState.UP));
        long begin = System.nanoTime();
        restarted.ownership().announceHost(entry("alpha", HostState.DRAINING));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SESSION_TIMEOUT);
        assertThat(restarted.ownership().host("alpha")).contains(entry("alpha", HostState.DRAINING));
    }

    @Test
    void theHintOfAnAgentThatMayLiveElsewhereIsWaitedOut() throws Exception {
        Host silent = zookeeper.host("alpha", "boot-before", deadProcess(), OwnerChange::new);
        Host rebooted = zookeeper.host("alpha", "boot-after", ProcessIdentity.ofThisProcess(), OwnerChange::new);
        silent.ownership().announceHost(entry("alpha", HostState.UP));
        silent.proxy().cut();
        rebooted.ownership().announceHost(entry("alpha", HostState.DRAINING));
        assertThat(rebooted.ownership().host("alpha")).contains(entry("alpha", HostState.DRAINING));
    }

    @Test
    void theHintComesBackAfterTheSessionIsLost() throws Exception {
        Host alpha = zookeeper.host("alpha");
        Host beta = zookeeper.host("beta");
        alpha.ownership().announceHost(entry("alpha", HostState.UP));
        long session = alpha.ownership().store().sessionId();
        zookeeper.expire(alpha);
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(KeeperException.class)
                .until(() -> alpha.ownership().store().sessionId() != session
                        && beta.ownership().host("alpha").orElseThrow().alive());
    }

    @Test
    void onlyAnnounceLeaseChangesWhatTheRecordSaysOfTheLease() throws Exception {
        Host alpha = zookeeper.host("alpha");
        HostEntry plain = entry("alpha", HostState.UP);
        assertThatThrownBy(() -> alpha.ownership().announceLease(1_802))
                .isInstanceOf(OwnershipException.class)
                .hasMessageContaining("was not announced");
        alpha.ownership().announceHost(plain);
        alpha.ownership().announceLease(1_802);
        assertThat(alpha.ownership().host("alpha")).contains(plain.withLeaseTakeoverWaitMs(1_802));
        // As somebody does who has read the record a while ago.
        alpha.ownership().announceHost(entry("alpha", HostState.DRAINING));
        assertThat(alpha.ownership().host("alpha").orElseThrow().leaseTakeoverWaitMs())
                .isEqualTo(1_802);
        alpha.ownership().announceLease(0);
        alpha.ownership().announceHost(plain.withLeaseTakeoverWaitMs(1_802));
        assertThat(alpha.ownership().host("alpha")).contains(plain);
    }

    @Test
    void everyAnnouncementRaisesTheRecordsVersion() throws Exception {
        Host alpha = zookeeper.host("alpha");
        alpha.ownership().announceHost(entry("alpha", HostState.UP));
        int first = versionOf(alpha);
        alpha.ownership().announceLease(1_802);
        alpha.ownership().announceLease(1_802);
        assertThat(versionOf(alpha)).isEqualTo(first + 2);
        zookeeper.expire(alpha);
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(KeeperException.class)
                .until(() -> versionOf(alpha) > first + 2);
        assertThat(alpha.ownership().host("alpha").orElseThrow().leaseTakeoverWaitMs())
                .isEqualTo(1_802);
    }

    private static int versionOf(Host host) throws Exception {
        return host.ownership().store().read("/godwit/hosts/" + host.name()).version();
    }

    @Test
    void thisProcessIsThere() throws Exception {
        assertThat(ProcessIdentity.ofThisProcess().isGone()).isFalse();
        assertThat(deadProcess().isGone()).isTrue();
        ProcessIdentity self = ProcessIdentity.ofThisProcess();
        assertThat(new ProcessIdentity(self.pidNamespace(), self.pid(), self.startTicks() - 1).isGone())
                .as("its number was another's before")
                .isTrue();
        assertThat(new ProcessIdentity("pid:[1]", self.pid(), self.startTicks() - 1).isGone())
                .as("numbers of another namespace tell nothing")
                .isFalse();
    }

    private static ProcessIdentity deadProcess() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("true").start();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("true did not end");
        }
        ProcessIdentity self = ProcessIdentity.ofThisProcess();
        return new ProcessIdentity(self.pidNamespace(), process.pid(), self.startTicks());
    }

    private static HostEntry entry(String host, HostState state) {
        return new HostEntry(host, "192.0.2.1", 8000, 8001, 1L << 30, state, true);
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED));
    }
}
