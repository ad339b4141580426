package io.godwit.agent.storage;

import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import io.godwit.storage.ImageGrant;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import io.godwit.storage.fencing.FenceEvent;
import io.godwit.storage.fencing.FenceRequest;
import io.godwit.storage.fencing.Grant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// The images this host serves. Safe for use by many threads: they ask and wait, while one thread decides and acts.
public final class ImageServer implements AutoCloseable {
    static final int IMAGES_MAX = 65_536;

    /// Takes hold of the storage daemon, or starts it.
    @FunctionalInterface
    public interface Daemons {
        StorageDaemon open() throws HypervisorException;
    }

    private final List<Path> directories;
    private final int port;
    private final FenceLoop loop;
    private final DaemonKeeper keeper;
    private final Duration patience;
    private final AtomicLong requests = new AtomicLong();

    /// @param patience how long a request waits for what must end first, such as the former owner's last write
    private ImageServer(List<Path> directories, int port, FenceLoop loop, DaemonKeeper keeper, Duration patience) {
        this.directories = directories;
        this.port = port;
        this.loop = loop;
        this.keeper = keeper;
        this.patience = patience;
    }

    /// Starts to serve. The daemon may take a moment longer, until which requests are refused.
    ///
    /// @param daemons takes hold of the storage daemon, or starts it
    /// @throws IOException if what was activated before cannot be read
    public static ImageServer start(
            List<Path> directories, int port, Path stateDirectory, Daemons daemons, Duration patience)
            throws IOException {
        FenceLoop loop = new FenceLoop(new MarkStore(stateDirectory));
        return new ImageServer(directories, port, loop, DaemonKeeper.start(daemons, loop), patience);
    }

    public int port() {
        return port;
    }

    /// @throws ImageStoreException with what keeps these images from being granted
    void check(Set<String> images) throws ImageStoreException {
        for (String image : images) {
            find(image, Format.RAW);
        }
        if (!loop.linked()) {
            throw new ImageStoreException(Kind.UNAVAILABLE, "The image server's storage daemon is not ready");
        }
    }

    /// @return the exports' names by the images' paths, as they were named
    Map<String, String> prepare(ImageGrant grant, Map<String, Format> formats)
            throws ImageStoreException, InterruptedException {
        return ask(grant, formats, id -> new FenceRequest.Prepare(id, fenced(grant)));
    }

    /// @return as [#prepare]; every other export of these images is gone, and so is its last request
    Map<String, String> activate(ImageGrant grant, Map<String, Format> formats)
            throws ImageStoreException, InterruptedException {
        return ask(grant, formats, id -> new FenceRequest.Activate(id, fenced(grant)));
    }

    void withdraw(ImageGrant grant, Map<String, Format> formats) throws ImageStoreException, InterruptedException {
        ask(grant, formats, id -> new FenceRequest.Withdraw(id, fenced(grant)));
    }

    private static Grant fenced(ImageGrant grant) {
        return new Grant(grant.epoch(), grant.cause());
    }

    private interface Wish {
        FenceRequest of(long id);
    }

    private record Asked(String image, long id, ServedImage served, CompletableFuture<Void> answer) {}

    private Map<String, String> ask(ImageGrant grant, Map<String, Format> formats, Wish wish)
            throws ImageStoreException, InterruptedException {
        List<Asked> all = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        // Every image is looked for before anything is asked of any.
        for (String image : grant.images().stream().sorted().toList()) {
            ServedImage served = find(image, formats.getOrDefault(image, Format.RAW));
            all.add(new Asked(image, requests.incrementAndGet(), served, new CompletableFuture<>()));
            names.put(image, served.export(fenced(grant)));
        }
        all.forEach(one -> loop.ask(one.served(), wish.of(one.id()), one.answer()));
        long deadlineNs = System.nanoTime() + patience.toNanos();
        try {
            for (Asked one : all) {
                await(one, deadlineNs);
            }
        } finally {
            all.stream()
                    .filter(one -> !one.answer().isDone())
                    .forEach(one -> loop.post(one.served(), new FenceEvent.Abandoned(one.id())));
        }
        return names;
    }

    private static void await(Asked one, long deadlineNs) throws ImageStoreException, InterruptedException {
        try {
            one.answer().get(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new ImageStoreException(
                    Kind.UNAVAILABLE,
                    "The image server is not done yet with " + one.image()
                            + ": requests of a former owner may still be under way",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ImageStoreException refused) {
                throw new ImageStoreException(refused.kind(), one.image() + ": " + refused.getMessage(), refused);
            }
            throw new ImageStoreException(Kind.UNAVAILABLE, one.image() + ": " + e.getCause(), e);
        }
    }

    private ServedImage find(String image, Format format) throws ImageStoreException {
        try {
            return ServedImage.find(image, format, directories);
        } catch (IOException | IllegalArgumentException e) {
            throw new ImageStoreException(Kind.REFUSED, String.valueOf(e.getMessage()), e);
        }
    }

    /// Stops to answer. The daemon goes on with the exports it has.
    @Override
    public void close() {
        keeper.close();
        loop.close();
    }
}
