package io.godwit.agent.storage;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemon;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.ImageStoreException.Kind;
import io.godwit.storage.fencing.FenceAction;
import io.godwit.storage.fencing.FenceEvent;
import io.godwit.storage.fencing.FenceRequest;
import io.godwit.storage.fencing.FenceState;
import io.godwit.storage.fencing.FenceStep;
import io.godwit.storage.fencing.FenceTransitions;
import io.godwit.storage.fencing.Grant;
import io.godwit.storage.fencing.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread that carries the fences of all images out: feeds each its events, and does what it answers on the disk
/// and at the daemon. Everything below runs on that thread unless it says otherwise.
final class FenceLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FenceLoop.class);
    private static final long STOP_TIMEOUT_MS = 15_000;

    private final MarkStore marks;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("godwit-fence").factory());
    private final Map<String, Fence> fences = new HashMap<>();
    private final Map<Long, CompletableFuture<Void>> waiting = new HashMap<>();
    private @Nullable StorageDaemon daemon;
    private volatile boolean linked;

    /// One image's fence.
    private static final class Fence {
        private ServedImage image;
        private FenceState state;
        /// Whether the daemon may have it open.
        private boolean open;

        Fence(ServedImage image, @Nullable Mark mark) {
            this.image = image;
            this.state = FenceState.begin(mark);
        }
    }

    /// @throws IOException if the marks cannot be read
    FenceLoop(MarkStore marks) throws IOException {
        this.marks = marks;
        for (MarkStore.Stored stored : marks.all()) {
            ServedImage image = new ServedImage(Path.of(stored.path()), stored.format());
            fences.put(image.key(), new Fence(image, stored.mark()));
        }
    }

    /// Whether there is a daemon to speak to. From any thread.
    boolean linked() {
        return linked;
    }

    /// Asks for something. From any thread; the answer fails with [ImageStoreException].
    void ask(ServedImage image, FenceRequest request, CompletableFuture<Void> answer) {
        submit(() -> {
            Fence fence = fenceOf(image);
            if (fence == null) {
                answer.completeExceptionally(new ImageStoreException(
                        Kind.REFUSED,
                        "The image server knows more than " + ImageServer.IMAGES_MAX + " images already"));
                return;
            }
            waiting.put(request.id(), answer);
            feed(fence, new FenceEvent.Asked(request));
        });
    }

    /// Tells what happened to an image. From any thread.
    void post(ServedImage image, FenceEvent event) {
        submit(() -> {
            Fence fence = fences.get(image.key());
            if (fence != null) {
                feed(fence, event);
            }
            if (event instanceof FenceEvent.Abandoned(long id)) {
                waiting.remove(id);
            }
        });
    }

    /// A daemon is there to be used. From any thread; completes when all fences know.
    CompletableFuture<Void> linked(StorageDaemon fresh) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        submit(() -> {
            try {
                Map<String, String> exports = fresh.exports();
                StorageDaemon former = daemon;
                if (former != null) {
                    unlink(former, "another one is used from now on");
                }
                daemon = fresh;
                linked = true;
                for (Fence fence : List.copyOf(fences.values())) {
                    fence.open = true;
                    feed(fence, new FenceEvent.DaemonBack(present(fence.image, exports.keySet())));
                }
                done.complete(null);
            } catch (HypervisorException e) {
                fresh.close();
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /// A daemon is not to be used any more. From any thread.
    void lost(StorageDaemon former, String reason) {
        submit(() -> unlink(former, reason));
    }

    /// Time to try again what failed. From any thread.
    void retry() {
        submit(() -> fences.values().stream()
                .filter(fence -> fence.state.resting())
                .toList()
                .forEach(fence -> feed(fence, new FenceEvent.Retry())));
    }

    @SuppressWarnings("ReferenceEquality") // this very connection
    private void unlink(StorageDaemon former, String reason) {
        if (daemon == former) {
            daemon = null;
            linked = false;
            former.close();
            List.copyOf(fences.values()).forEach(fence -> feed(fence, new FenceEvent.DaemonLost(reason)));
        }
    }

    private @Nullable Fence fenceOf(ServedImage image) {
        Fence known = fences.get(image.key());
        if (known != null) {
            if (known.state.exports().isEmpty()) {
                // Its format may have changed since it was last open.
                known.image = image;
            }
            return known;
        }
        if (fences.size() >= ImageServer.IMAGES_MAX) {
            return null;
        }
        Fence fence = new Fence(image, null);
        fence.open = true;
        fences.put(image.key(), fence);
        StorageDaemon current = daemon;
        if (current != null) {
            try {
                // Exports of an image whose mark was lost are there all the same.
                feed(
                        fence,
                        new FenceEvent.DaemonBack(
                                present(image, current.exports().keySet())));
            } catch (HypervisorException e) {
                unlink(current, String.valueOf(e.getMessage()));
            }
        }
        return fence;
    }

    private static Set<Grant> present(ServedImage image, Set<String> exports) {
        Set<Grant> grants = new HashSet<>();
        exports.forEach(export -> image.grant(export).ifPresent(grants::add));
        return grants;
    }

    private void feed(Fence fence, FenceEvent first) {
        Deque<FenceEvent> events = new ArrayDeque<>(List.of(first));
        while (!events.isEmpty()) {
            FenceStep step = FenceTransitions.apply(fence.state, events.remove());
            fence.state = step.next();
            for (FenceAction action : step.actions()) {
                act(fence, action).ifPresent(events::add);
            }
        }
        releaseIfUnused(fence);
    }

    private Optional<FenceEvent> act(Fence fence, FenceAction action) {
        return switch (action) {
            case FenceAction.Remember(Mark mark) -> Optional.of(remember(fence.image, mark));
            case FenceAction.Add(Grant grant) -> {
                fence.open = true;
                yield add(fence.image, grant);
            }
            case FenceAction.Remove(Grant grant) -> {
                remove(fence.image, grant);
                yield Optional.empty();
            }
            case FenceAction.Answer(long id) -> {
                CompletableFuture<Void> answer = waiting.remove(id);
                if (answer != null) {
                    answer.complete(null);
                }
                yield Optional.empty();
            }
            case FenceAction.Refuse(long id, String reason, boolean again) -> {
                CompletableFuture<Void> answer = waiting.remove(id);
                if (answer != null) {
                    answer.completeExceptionally(
                            new ImageStoreException(again ? Kind.UNAVAILABLE : Kind.REFUSED, reason));
                }
                yield Optional.empty();
            }
        };
    }

    private FenceEvent remember(ServedImage image, Mark mark) {
        try {
            marks.write(image, mark);
            LOG.info(
                    "Image {} is {} {}",
                    image.path(),
                    mark.serving() ? "activated for" : "withdrawn from",
                    mark.grant());
            return new FenceEvent.Remembered(mark);
        } catch (IOException e) {
            LOG.error("Image {}: {} could not be written down", image.path(), mark, e);
            return new FenceEvent.NotRemembered(mark, String.valueOf(e.getMessage()));
        }
    }

    private Optional<FenceEvent> add(ServedImage image, Grant grant) {
        StorageDaemon current = daemon;
        if (current == null) {
            return Optional.empty();
        }
        try {
            current.add(image.opened(), image.export(grant));
            return Optional.of(new FenceEvent.Added(grant));
        } catch (HypervisorException e) {
            return Optional.of(afterFailure(current, image, grant, String.valueOf(e.getMessage())));
        }
    }

    /// Whether a command that failed had an effect only the daemon can tell, which takes one command after the other.
    private FenceEvent afterFailure(StorageDaemon current, ServedImage image, Grant grant, String reason) {
        try {
            boolean there = current.exports().containsKey(image.export(grant));
            LOG.warn("Image {} could not be exported for {}: {}", image.path(), grant, reason);
            return there ? new FenceEvent.Added(grant) : new FenceEvent.NotAdded(grant, reason);
        } catch (HypervisorException e) {
            submit(() -> unlink(current, reason));
            return new FenceEvent.DaemonLost(reason);
        }
    }

    private void remove(ServedImage image, Grant grant) {
        StorageDaemon current = daemon;
        if (current != null) {
            LOG.info("Image {} is taken from {}", image.path(), grant);
            var _ = current.remove(image.export(grant)).whenComplete((_, failure) -> {
                if (failure == null) {
                    submit(() -> goneUnlessLost(current, image, grant));
                } else {
                    lost(current, String.valueOf(failure.getMessage()));
                }
            });
        }
    }

    /// What a former connection has to say counts no more: the next one looks for itself.
    @SuppressWarnings("ReferenceEquality") // this very connection
    private void goneUnlessLost(StorageDaemon source, ServedImage image, Grant grant) {
        Fence fence = fences.get(image.key());
        if (daemon == source && fence != null) {
            feed(fence, new FenceEvent.Gone(grant));
        }
    }

    /// An image that is open is locked, and whoever wants to look at it or make it larger could not.
    private void releaseIfUnused(Fence fence) {
        FenceState state = fence.state;
        StorageDaemon current = daemon;
        boolean unused = fence.open && state.exports().isEmpty() && state.request() == null && !state.resting();
        if (current != null && state.linked() && unused) {
            try {
                current.release(fence.image.opened());
                fence.open = false;
            } catch (HypervisorException e) {
                LOG.warn("Image {} is still open at the storage daemon: {}", fence.image.path(), e.getMessage());
            }
        }
    }

    private void submit(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    LOG.error("The image server failed in a way nobody foresaw", e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("The image server has been closed");
        }
    }

    /// From any thread. The daemon goes on.
    @Override
    public void close() {
        submit(() -> {
            StorageDaemon current = daemon;
            daemon = null;
            linked = false;
            if (current != null) {
                current.close();
            }
            waiting.values()
                    .forEach(answer -> answer.completeExceptionally(
                            new ImageStoreException(Kind.UNAVAILABLE, "The image server's agent is stopping")));
            waiting.clear();
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("The image server's thread did not end within {} ms", STOP_TIMEOUT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
