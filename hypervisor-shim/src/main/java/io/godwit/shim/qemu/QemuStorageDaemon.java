package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import io.godwit.shim.StorageDaemonSettings;
import io.godwit.shim.linux.LinuxProcess;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// A `qemu-storage-daemon`, adopted or started.
///
/// Each image is one file node under one format node. The format layer lives here and not in the guest's QEMU, for
/// an image that grows cannot be made larger over NBD; and so there is one view of it, whoever writes.
public final class QemuStorageDaemon implements StorageDaemon {
    private static final Logger LOG = LoggerFactory.getLogger(QemuStorageDaemon.class);
    private static final int EXPORTS_MAX = 4096;

    private final StorageDaemonSettings settings;
    private final LinuxProcess process;
    private final CompletableFuture<Void> lost = new CompletableFuture<>();
    private final Map<String, CompletableFuture<Void>> removals = new ConcurrentHashMap<>();
    private final QmpClient client;

    private QemuStorageDaemon(StorageDaemonSettings settings, LinuxProcess process) throws HypervisorException {
        this.settings = settings;
        this.process = process;
        this.client = QmpClient.connect(settings.qmpSocket(), settings.commandTimeout(), new QmpListener() {
            @Override
            public void event(QmpEvent event) {
                if (event.name().equals("BLOCK_EXPORT_DELETED")) {
                    gone(event.data().path("id").asString(""));
                }
            }

            @Override
            public void closed() {
                end();
            }
        });
    }

    /// Takes hold of the daemon that runs here, or starts one that serves nothing yet.
    ///
    /// @throws HypervisorException if there is none and it does not start, or the one there is does not answer, or
    ///                             another holder has it
    public static QemuStorageDaemon open(StorageDaemonSettings settings) throws HypervisorException {
        return new QemuStorageDaemon(settings, StorageDaemonLauncher.findOrStart(settings));
    }

    @Override
    public void add(Image image, String export) throws HypervisorException {
        openNodes(image);
        execute(
                "block-export-add",
                Map.of("type", "nbd", "id", export, "name", export, "node-name", node(image), "writable", true));
    }

    @Override
    public CompletableFuture<Void> remove(String export) {
        CompletableFuture<Void> removal = removals.computeIfAbsent(export, _ -> new CompletableFuture<>());
        if (lost.isDone()) {
            end();
            return removal;
        }
        try {
            execute("block-export-del", Map.of("id", export, "mode", "hard"));
        } catch (HypervisorException e) {
            LOG.debug("The removal of export {} was refused; it may be under way, or done", export, e);
        }
        try {
            // The event may have come before anybody waited for it.
            if (!exports().containsKey(export)) {
                gone(export);
            }
        } catch (HypervisorException e) {
            removal.completeExceptionally(e);
        }
        return removal;
    }

    @Override
    public void release(Image image) throws HypervisorException {
        if (hasNode(node(image))) {
            execute("blockdev-del", Map.of("node-name", node(image)));
        }
        if (hasNode(fileNode(image))) {
            execute("blockdev-del", Map.of("node-name", fileNode(image)));
        }
    }

    @Override
    public Map<String, String> exports() throws HypervisorException {
        Map<String, String> exports = new LinkedHashMap<>();
        for (JsonNode export : execute("query-block-exports", Map.of())) {
            String node = export.path("node-name").asString("");
            exports.put(export.path("id").asString(""), node.startsWith("n-") ? node.substring(2) : node);
            if (exports.size() > EXPORTS_MAX) {
                throw new HypervisorException("The storage daemon has more than " + EXPORTS_MAX + " exports");
            }
        }
        return exports;
    }

    @Override
    public CompletableFuture<Void> lost() {
        return lost;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        client.close();
    }

    private void openNodes(Image image) throws HypervisorException {
        if (hasNode(node(image))) {
            return;
        }
        if (!hasNode(fileNode(image))) {
            execute("blockdev-add", ImageNodes.file(fileNode(image), image.path()));
        }
        try {
            execute("blockdev-add", ImageNodes.format(node(image), fileNode(image), image.format()));
        } catch (HypervisorException e) {
            try {
                // An image that is open is locked, and this one is of no use.
                execute("blockdev-del", Map.of("node-name", fileNode(image)));
            } catch (HypervisorException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private boolean hasNode(String name) throws HypervisorException {
        for (JsonNode node : execute("query-named-block-nodes", Map.of("flat", true))) {
            if (node.path("node-name").asString("").equals(name)) {
                return true;
            }
        }
        return false;
    }

    JsonNode execute(String command, Map<String, ?> arguments) throws HypervisorException {
        return client.execute(command, arguments, settings.commandTimeout());
    }

    private void gone(String export) {
        CompletableFuture<Void> removal = removals.remove(export);
        if (removal != null) {
            removal.complete(null);
        }
    }

    private void end() {
        lost.complete(null);
        HypervisorException failure = new HypervisorException("The connection to the storage daemon was lost");
        removals.values().forEach(removal -> removal.completeExceptionally(failure));
        removals.clear();
    }

    private static String node(Image image) {
        return "n-" + image.key();
    }

    private static String fileNode(Image image) {
        return "f-" + image.key();
    }
}
