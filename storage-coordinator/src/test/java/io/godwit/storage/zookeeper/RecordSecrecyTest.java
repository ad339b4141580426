package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.Claims;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import io.godwit.storage.RecordsCheck;
import io.godwit.storage.RecordsCheck.Answer;
import io.godwit.storage.RecordsCheck.Records;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.OwnerChange;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who can see and change the records, on a real server.
class RecordSecrecyTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final String OTHER = "another-secret-of-another-cluster";
    private static final Claims CLAIMS = new Claims(Set.of("/srv/web1.img"), Set.of("10.0.0.7"));

    private static final List<ACL> ANYONE = new RecordAcl(RecordAccess.OPEN).list();

    @SuppressWarnings("NullAway.Init")
    private ZooKeeperFixture zookeeper;

    private final List<ZooKeeperOwnership> opened = new ArrayList<>();
    private final List<ZooKeeper> clients = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
    }

    @AfterEach
    void stop() throws Exception {
        opened.forEach(ZooKeeperOwnership::close);
        for (ZooKeeper client : clients) {
            client.close();
        }
        zookeeper.close();
    }

    @Test
    void nobodyWithoutTheSecretCanReadOrChangeAnyRecord() throws Exception {
        ZooKeeperOwnership alpha = host("alpha", SECRET);
        alpha.announceHost(entry("alpha"));
        alpha.claim("web1", "{}", CLAIMS);
        UUID migration = UUID.randomUUID();
        alpha.beginHandover("web1", 1, "beta", migration);
        assertThat(host("beta", SECRET).commit("web1", migration, CLAIMS)).isEqualTo(new Verdict.Mine(2));

        List<String> paths = paths(SECRET);
        assertThat(paths)
                .contains(
                        "/godwit",
                        "/godwit/hosts/alpha/alive",
                        "/godwit/guests/web1/owner",
                        "/godwit/images/%2Fsrv%2Fweb1.img/owner",
                        "/godwit/addresses/10.0.0.7");
        ZooKeeper stranger = client("");
        for (String path : paths) {
            denied(path, () -> stranger.getData(path, false, null));
            denied(path, () -> stranger.getChildren(path, false));
            denied(path, () -> stranger.setData(path, new byte[0], -1));
            denied(path, () -> stranger.setACL(path, ANYONE, -1));
            denied(path, () -> stranger.create(path + "/mine", new byte[0], ANYONE, CreateMode.PERSISTENT));
        }
        denied("delete", () -> stranger.delete("/godwit/guests/web1/owner", -1));
    }

    @Test
    void anotherSecretOrNoneIsRefusedInWords() throws Exception {
        host("alpha", SECRET).claim("web1", "{}", CLAIMS);
        for (String wrong : List.of(OTHER, "")) {
            ZooKeeperOwnership beta = host("beta", wrong);
            refused("zookeeper.secretFile", () -> beta.announceHost(entry("beta")));
            refused("zookeeper.secretFile", () -> beta.claim("web2", "{}", CLAIMS));
            refused("zookeeper.secretFile", beta::guests);
            refused("zookeeper.secretFile", () -> beta.guest("web1"));
            assertThat(RecordsCheck.ask(settings("beta", wrong))).isEqualTo(session(Records.CLOSED));
        }
        refused("another secret", () -> RecordsCheck.protect(settings("beta", OTHER)));
        assertThat(RecordsCheck.ask(settings("alpha", SECRET))).isEqualTo(session(Records.PROTECTED));
    }

    /// It may hold a paused guest, of which it now cannot know whose it is.
    @Test
    void whoMustKnowTheOwnerWaitsThoughItsSecretIsWrong() throws Exception {
        host("alpha", SECRET).claim("web1", "{}", CLAIMS);
        ZooKeeperOwnership beta = host("beta", OTHER);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Verdict> commit = threads.submit(() -> beta.commit("web1", UUID.randomUUID(), CLAIMS));
            assertThatThrownBy(() -> commit.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
            commit.cancel(true);
        }
    }

    @Test
    void openRecordsAreRefusedUntilTheyAreProtected() throws Exception {
        ZooKeeperOwnership open = host("alpha", "");
        open.announceHost(entry("alpha"));
        open.claim("web1", "{}", CLAIMS);
        ZooKeeperOwnership beta = host("beta", SECRET);
        refused("godwit records protect", () -> beta.announceHost(entry("beta")));
        refused("godwit records protect", () -> beta.claim("web2", "{}", CLAIMS));
        assertThat(RecordsCheck.ask(settings("beta", SECRET))).isEqualTo(session(Records.OPEN));
        refused("no secret", () -> RecordsCheck.protect(settings("beta", "")));

        int nodes = zookeeper.records().size();
        assertThat(RecordsCheck.protect(settings("beta", SECRET))).isEqualTo(nodes);
        assertThat(RecordsCheck.protect(settings("beta", SECRET))).isZero();

        beta.announceHost(entry("beta"));
        assertThat(beta.guest("web1").orElseThrow().owner().host()).isEqualTo("alpha");
        refused("zookeeper.secretFile", () -> open.claim("web3", "{}", CLAIMS));
        nobodyIn(paths(SECRET), "");
    }

    @Test
    void theSecretIsExchangedWhileHostsRun() throws Exception {
        ZooKeeperOwnership old = host("alpha", SECRET);
        old.claim("web1", "{}", CLAIMS);
        RecordsCheck.protect(settings("alpha", OTHER, SECRET));
        ZooKeeperOwnership both = host("beta", OTHER, SECRET);
        ZooKeeperOwnership fresh = host("gamma", OTHER);
        both.claim("web2", "{}", new Claims(Set.of(), Set.of()));
        assertThat(old.settle("web1")).isEqualTo(new Verdict.Mine(1));
        assertThat(old.guests()).hasSize(2);
        assertThat(fresh.guests()).hasSize(2);

        RecordsCheck.protect(settings("gamma", OTHER));
        refused("zookeeper.secretFile", () -> old.guest("web1"));
        assertThat(both.settle("web2")).isEqualTo(new Verdict.Mine(1));
        nobodyIn(paths(OTHER), SECRET);
    }

    @Test
    void thereAreNoRecordsToProtectBeforeTheFirstHost() throws Exception {
        assertThat(RecordsCheck.ask(settings("alpha", SECRET))).isEqualTo(session(Records.NONE));
        assertThatThrownBy(() -> RecordsCheck.protect(settings("alpha", SECRET)))
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN));
    }

    private void nobodyIn(List<String> paths, String secret) throws Exception {
        assertThat(paths).hasSizeGreaterThan(5);
        ZooKeeper stranger = client(secret);
        for (String path : paths) {
            denied(path, () -> stranger.getData(path, false, null));
        }
    }

    private ZooKeeperOwnership host(String name, String... secrets) throws Exception {
        ZooKeeperOwnership ownership = new ZooKeeperOwnership(
                settings(name, secrets), new SimpleMeterRegistry(), ProcessIdentity.ofThisProcess(), OwnerChange::new);
        opened.add(ownership);
        return ownership;
    }

    private OwnershipSettings settings(String name, String... secrets) {
        List<String> given = List.of(secrets).equals(List.of("")) ? List.of() : List.of(secrets);
        return new OwnershipSettings(
                zookeeper.server().getConnectString(),
                "/godwit",
                ZooKeeperFixture.SESSION_TIMEOUT_MS,
                name,
                "boot-of-" + name,
                new RecordAccess(null, given));
    }

    private static HostEntry entry(String name) {
        return new HostEntry(name, "127.0.0.1", 7070, 7071, 1L << 30, HostEntry.HostState.UP, true);
    }

    private static Answer.Session session(Records records) {
        return new Answer.Session(ZooKeeperFixture.SESSION_TIMEOUT_MS, records);
    }

    private ZooKeeper client(String secret) throws Exception {
        ZooKeeper client = new ZooKeeper(zookeeper.server().getConnectString(), 10_000, _ -> {});
        clients.add(client);
        new RecordAcl(new RecordAccess(null, secret.isEmpty() ? List.of() : List.of(secret)))
                .credentials()
                .forEach(credential -> client.addAuthInfo(credential.getScheme(), credential.getAuth()));
        return client;
    }

    /// @return all nodes, none of which may be open
    private List<String> paths(String secret) throws Exception {
        List<String> found = new ArrayList<>();
        ZooKeeper client = client(secret);
        List<String> left = new ArrayList<>(List.of("/godwit"));
        while (!left.isEmpty()) {
            String path = left.removeLast();
            found.add(path);
            assertThat(client.getACL(path, new Stat())).as(path).noneMatch(acl -> RecordAcl.isOpen(List.of(acl)));
            client.getChildren(path, false).forEach(child -> left.add(path + "/" + child));
        }
        return found;
    }

    private static void denied(String what, ThrowingCallable call) {
        assertThatThrownBy(call).as(what).isInstanceOf(KeeperException.NoAuthException.class);
    }

    private static void refused(String reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining(reason);
    }
}
