package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.TransactionOp;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/// Nodes as bytes, and the connection. Nothing here is ever tried twice: Curator would otherwise repeat a write
/// that was applied and report a conflict with itself, or carry on unnoticed in a new session. Who asks decides
/// whether to ask again.
final class RecordStore implements AutoCloseable {
    private static final int CLOSE_WAIT_MS = 2_000;
    private static final int CONNECT_WAIT_MS_MIN = 100;

    private final CuratorFramework curator;
    private final long sessionTimeoutNanos;
    private final Nodes nodes;
    private final OwnershipSettings settings;
    private final RecordAcl acl;

    private volatile boolean permanentNodesSeen;
    private volatile long lastAnswerNanos;
    private volatile boolean everAnswered;

    /// @throws IOException if the files of the access cannot be used
    RecordStore(OwnershipSettings settings) throws IOException {
        this.settings = settings;
        acl = new RecordAcl(settings.access());
        int sessionTimeoutMs = settings.sessionTimeoutMs();
        sessionTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(sessionTimeoutMs);
        nodes = new Nodes(settings.root());
        curator = CuratorFrameworkFactory.builder()
                .connectString(settings.connect())
                .sessionTimeoutMs(sessionTimeoutMs)
                .connectionTimeoutMs(Math.max(CONNECT_WAIT_MS_MIN, sessionTimeoutMs / 3))
                .retryPolicy((_, _, _) -> false)
                .ensembleTracker(false)
                .dontUseContainerParents()
                .waitForShutdownTimeoutMs(CLOSE_WAIT_MS)
                .maxCloseWaitMs(CLOSE_WAIT_MS)
                .authorization(acl.credentials())
                .zkClientConfig(ClientSettings.of(settings))
                .build();
    }

    void start(ConnectionStateListener listener) {
        curator.getConnectionStateListenable().addListener(listener);
        curator.start();
    }

    Nodes nodes() {
        return nodes;
    }

    long sessionTimeoutNanos() {
        return sessionTimeoutNanos;
    }

    TransactionOp ops() {
        return curator.transactionOp();
    }

    /// Whether the server has been heard of within the session timeout. An idle client hears an answer to its ping
    /// every third of it, and gives the connection up after two thirds of silence.
    boolean connected() {
        return curator.getZookeeperClient().isConnected()
                || (everAnswered && System.nanoTime() - lastAnswerNanos < sessionTimeoutNanos);
    }

    /// Reads all the nodes in one round trip, perhaps from a follower that lags.
    ///
    /// @return as many as there are paths, in their order
    List<Node> read(List<String> paths) throws KeeperException, InterruptedException {
        if (paths.isEmpty()) {
            return List.of();
        }
        List<OpResult> results;
        try {
            results = zookeeper().multi(paths.stream().map(Op::getData).toList());
        } catch (KeeperException e) {
            // One node that does not exist makes the whole call throw, with the results inside.
            if (e.getResults() == null || e.getResults().size() != paths.size()) {
                throw e;
            }
            results = e.getResults();
        }
        answered();
        List<Node> found = new ArrayList<>(paths.size());
        for (int i = 0; i < paths.size(); i++) {
            found.add(node(paths.get(i), results.get(i)));
        }
        return found;
    }

    Node read(String path) throws KeeperException, InterruptedException {
        return read(List.of(path)).getFirst();
    }

    List<String> children(String path) throws KeeperException, InterruptedException {
        List<String> children;
        try {
            children = zookeeper().getChildren(path, false);
        } catch (KeeperException.NoNodeException _) {
            children = List.of();
        }
        answered();
        return children;
    }

    /// All or nothing.
    ///
    /// @throws KeeperException of a kind for which [#isConflict] is true if nothing was changed and never will be;
    ///                         of any other kind if that is not known
    void write(Collection<CuratorOp> ops) throws KeeperException, InterruptedException {
        try {
            curator.transaction().forOperations(List.copyOf(ops));
            answered();
        } catch (KeeperException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper's client failed in a way it does not declare", e);
        }
    }

    static boolean isConflict(KeeperException e) {
        return switch (e.code()) {
            case BADVERSION, NONODE, NODEEXISTS, NOTEMPTY -> true;
            // Every other code, known today or not, leaves the outcome open.
            default -> false;
        };
    }

    /// What to tell an operator of a request that did not succeed.
    static String words(KeeperException e) {
        return e.code() == KeeperException.Code.NOAUTH
                ? "the records are closed to this host: zookeeper.secretFile must hold the cluster's secret"
                : "ZooKeeper does not answer, " + e.code();
    }

    /// The same, at leisure: for a connection that fails it is found out why, which can take some seconds.
    String explained(KeeperException e) {
        if (e.code() != KeeperException.Code.CONNECTIONLOSS || settings.access().tls() == null) {
            return words(e);
        }
        for (String server : settings.connect().split(",", -1)) {
            Optional<String> obstacle = EnsembleProbe.obstacle(server, settings.access());
            if (obstacle.isPresent()) {
                return words(e) + ": " + obstacle.get();
            }
        }
        return words(e);
    }

    /// Makes the nodes that everything else stands under, unless this has been seen to before.
    ///
    /// @throws UnreadableRecord if this host has a secret and the records that stand there are open all the same:
    ///                          whoever wrote them, it need not have been one of us
    void ensurePermanentNodes() throws KeeperException, InterruptedException, UnreadableRecord {
        if (permanentNodesSeen) {
            return;
        }
        for (String path : nodes.permanent()) {
            try {
                if (!read(path).exists()) {
                    write(List.of(create(path, new byte[0])));
                }
            } catch (KeeperException.NodeExistsException _) {
                // Another host was faster.
            }
            // What stands above the root may belong to others too.
            if (acl.closes() && path.startsWith(nodes.root()) && RecordAcl.isOpen(access(path))) {
                throw new UnreadableRecord("the records under " + nodes.root() + " are open to everybody who reaches "
                        + "ZooKeeper, though this host has a secret: close them with \"godwit records protect\"");
            }
        }
        permanentNodesSeen = true;
    }

    CuratorOp create(String path, byte[] data) {
        return op(() -> ops().create()
                .withMode(CreateMode.PERSISTENT)
                .withACL(acl.list())
                .forPath(path, data));
    }

    CuratorOp createEphemeral(String path, byte[] data) {
        return op(() -> ops().create()
                .withMode(CreateMode.EPHEMERAL)
                .withACL(acl.list())
                .forPath(path, data));
    }

    CuratorOp set(String path, int version, byte[] data) {
        return op(() -> ops().setData().withVersion(version).forPath(path, data));
    }

    CuratorOp delete(String path, int version) {
        return op(() -> ops().delete().withVersion(version).forPath(path));
    }

    CuratorOp check(String path, int version) {
        return op(() -> ops().check().withVersion(version).forPath(path));
    }

    long sessionId() throws KeeperException, InterruptedException {
        return zookeeper().getSessionId();
    }

    /// The client of this moment's session: what is asked through it is answered in that session or not at all.
    ZooKeeper client() throws KeeperException, InterruptedException {
        return zookeeper();
    }

    CuratorFramework curator() {
        return curator;
    }

    @Override
    public void close() {
        curator.close();
    }

    private ZooKeeper zookeeper() throws KeeperException, InterruptedException {
        try {
            if (!curator.getZookeeperClient().blockUntilConnectedOrTimedOut()) {
                throw new KeeperException.ConnectionLossException();
            }
            return curator.getZookeeperClient().getZooKeeper();
        } catch (KeeperException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper's client failed in a way it does not declare", e);
        }
    }

    private List<ACL> access(String path) throws KeeperException, InterruptedException {
        return zookeeper().getACL(path, new Stat());
    }

    private void answered() {
        lastAnswerNanos = System.nanoTime();
        everAnswered = true;
    }

    private static Node node(String path, OpResult result) throws KeeperException {
        return switch (result) {
            case OpResult.GetDataResult data ->
                new Node(
                        path,
                        data.getData() == null ? new byte[0] : data.getData(),
                        data.getStat().getVersion(),
                        data.getStat().getEphemeralOwner());
            case OpResult.ErrorResult error
            when error.getErr() == KeeperException.Code.NONODE.intValue() -> new Node(path, null, -1, 0);
            case OpResult.ErrorResult error -> throw KeeperException.create(KeeperException.Code.get(error.getErr()));
            // OpResult is open, so the compiler asks for this.
            default -> throw new IllegalStateException("ZooKeeper answered a read with " + result);
        };
    }

    private static CuratorOp op(OpMaker maker) {
        try {
            return maker.make();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("An operation could not be put together", e);
        }
    }

    @FunctionalInterface
    private interface OpMaker {
        CuratorOp make() throws Exception;
    }
}
