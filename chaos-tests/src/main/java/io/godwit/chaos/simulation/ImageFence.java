package io.godwit.chaos.simulation;

import io.godwit.storage.fencing.FenceAction;
import io.godwit.storage.fencing.FenceEvent;
import io.godwit.storage.fencing.FenceRequest;
import io.godwit.storage.fencing.FenceState;
import io.godwit.storage.fencing.FenceStep;
import io.godwit.storage.fencing.FenceTransitions;
import io.godwit.storage.fencing.Grant;
import io.godwit.storage.fencing.Mark;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One image on the image server. What is decided is decided by the class that runs in production; here are the disk
/// that remembers, and the exports as the storage daemon has them.
final class ImageFence {
    private static final long ABANDONED_MICROS = 5 * Scheduler.SECOND;

    private final World world;
    private final ImageServer server;
    private final Map<Grant, Export> exports = new LinkedHashMap<>();
    private final Map<Long, Consumer<Reply>> waiting = new HashMap<>();
    private FenceState state = FenceState.begin(null);
    private @Nullable Mark disk;
    private boolean linked;
    private long requests;
    private long newestActivated;
    private String broken = "";

    /// What became of a request.
    enum Reply {
        DONE,
        /// Asking again may help.
        NOT_NOW,
        NEVER
    }

    private static final class Export {
        private int requests;
        private boolean removing;
        private Runnable whenIdle = () -> {};
    }

    ImageFence(World world, ImageServer server) {
        this.world = world;
        this.server = server;
    }

    /// To be called once, when the simulation begins, and whenever the server's agent comes up.
    void beginAnew() {
        state = FenceState.begin(disk);
        waiting.clear();
        linked = false;
        if (server.up()) {
            daemonBack();
        }
    }

    ImageServer server() {
        return server;
    }

    /// Whether writes on this grant reach the image now.
    boolean exports(Grant grant) {
        Export export = exports.get(grant);
        return server.up() && export != null && !export.removing;
    }

    boolean isBusy(Grant grant) {
        Export export = exports.get(grant);
        return export != null && export.requests > 0;
    }

    /// @return empty, or which promise the server has broken
    String broken() {
        return broken;
    }

    /// @return the daemon that has the request now
    int begin(Grant grant) {
        Export export = exports.get(grant);
        if (export == null) {
            throw new IllegalStateException("There is no export of " + grant);
        }
        export.requests++;
        return server.daemon();
    }

    /// @return false if the request was lost with its daemon
    boolean end(Grant grant, int daemon) {
        Export export = exports.get(grant);
        if (export == null || daemon != server.daemon() || !server.up()) {
            return false;
        }
        export.requests--;
        if (export.requests == 0) {
            export.whenIdle.run();
        }
        return true;
    }

    /// @param reply called once, later, or never
    void ask(LongFunction<FenceRequest> asked, Consumer<Reply> reply) {
        if (!server.agentUp()) {
            return;
        }
        FenceRequest request = asked.apply(++requests);
        world.trace().note(Network.STORAGE, "", "asked", request.id(), request);
        waiting.put(request.id(), reply);
        Grant floor = state.floor();
        boolean lower = floor != null && request.grant().epoch() < floor.epoch();
        if (lower && world.bug() == PlantedBug.NO_EPOCH_CHECK_AT_FENCE && request instanceof FenceRequest.Activate) {
            state = FenceState.begin(null);
            linked = false;
            daemonBack();
        }
        if (request instanceof FenceRequest.Activate) {
            waiting.put(request.id(), what -> {
                if (what == Reply.DONE) {
                    newestActivated = Math.max(newestActivated, request.grant().epoch());
                }
                reply.accept(what);
            });
        }
        tell(new FenceEvent.Asked(request));
        world.clock().after(ABANDONED_MICROS, () -> {
            if (waiting.remove(request.id()) != null && server.agentUp()) {
                tell(new FenceEvent.Abandoned(request.id()));
            }
        });
    }

    void loseDaemon() {
        exports.clear();
        if (server.agentUp() && linked) {
            linked = false;
            tell(new FenceEvent.DaemonLost("it has ended"));
        }
    }

    void daemonBack() {
        if (server.agentUp() && !linked) {
            linked = true;
            tell(new FenceEvent.DaemonBack(exports.keySet()));
        }
    }

    private void tell(FenceEvent event) {
        FenceStep step = FenceTransitions.apply(state, event);
        state = step.next();
        step.actions().forEach(this::perform);
    }

    private void perform(FenceAction action) {
        switch (action) {
            case FenceAction.Remember(Mark mark) -> later(() -> disk = mark, () -> new FenceEvent.Remembered(mark));
            case FenceAction.Add(Grant grant) ->
                ofDaemon(() -> {
                    exports.putIfAbsent(grant, new Export());
                    if (grant.epoch() < newestActivated) {
                        broken = grant + " was exported again after epoch " + newestActivated + " was activated";
                    }
                    world.trace().note(Network.STORAGE, "", "exports", grant.epoch(), grant);
                    tell(new FenceEvent.Added(grant));
                });
            case FenceAction.Remove(Grant grant) -> ofDaemon(() -> remove(grant));
            case FenceAction.Answer(long id) -> reply(id, Reply.DONE);
            case FenceAction.Refuse(long id, String reason, boolean again) -> {
                world.trace().note(Network.STORAGE, "", "refuses", id, reason);
                reply(id, again ? Reply.NOT_NOW : Reply.NEVER);
            }
        }
    }

    private void remove(Grant grant) {
        Export export = exports.get(grant);
        if (export == null) {
            tell(new FenceEvent.Gone(grant));
            return;
        }
        world.trace().note(Network.STORAGE, "", "revokes", grant.epoch(), grant);
        export.removing = true;
        int agent = server.agent();
        Runnable gone = () -> {
            exports.remove(grant, export);
            if (server.agentUp() && agent == server.agent() && linked) {
                tell(new FenceEvent.Gone(grant));
            }
        };
        if (export.requests == 0) {
            gone.run();
        } else if (world.bug() == PlantedBug.REVOKE_LEAVES_WRITES) {
            tell(new FenceEvent.Gone(grant));
        } else {
            export.whenIdle = gone;
        }
    }

    private void reply(long id, Reply what) {
        Consumer<Reply> to = waiting.remove(id);
        if (to != null) {
            to.accept(what);
        }
    }

    /// Something on the disk of the server, whose agent may be dead before it is done.
    private void later(Runnable done, Supplier<FenceEvent> event) {
        int agent = server.agent();
        world.clock().after(world.dice().spread(200, 20 * Scheduler.MS), () -> {
            boolean same = server.agentUp() && agent == server.agent();
            if (same || world.dice().chance(500)) {
                done.run();
            }
            if (same) {
                tell(event.get());
            }
        });
    }

    private void ofDaemon(Runnable action) {
        int agent = server.agent();
        int daemon = server.daemon();
        world.clock().after(world.dice().spread(100, 5 * Scheduler.MS), () -> {
            if (server.up() && server.agentUp() && linked && agent == server.agent() && daemon == server.daemon()) {
                action.run();
            }
        });
    }
}
