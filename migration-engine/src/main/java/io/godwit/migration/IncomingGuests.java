package io.godwit.migration;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/// The target agent, as the engine's listener sees it. The caller's certificate has been checked before any of
/// this is called, and `offer.sourceHost()` is the name that certificate proves.
public interface IncomingGuests {

    /// Everything that speaks against taking this guest, at once, each a sentence for the operator. Touches
    /// nothing.
    List<String> blockers(Offer offer);

    /// Starts the hypervisor that will receive the guest. On failure nothing of it is left.
    Incoming prepare(Offer offer) throws IOException, InterruptedException;

    /// How long a guest that misses pages waits for a source that cannot be reached, before it is given up: it can
    /// never run on without them, and whoever waits for it should know.
    default Duration latePagesTimeout() {
        return Duration.ofMinutes(5);
    }

    /// What the source says of the guest before anything moves.
    ///
    /// @param migration          chosen by the source
    /// @param hypervisorVersion  the source's, e.g. `QEMU 7.2.22`
    /// @param accelerator        the source's: `kvm` or `tcg`
    /// @param memory             the layout of the guest's RAM
    record Offer(
            UUID migration,
            String sourceHost,
            GuestSpec spec,
            String hypervisorVersion,
            String accelerator,
            List<GuestMemory.Region> memory) {
        public Offer {
            memory = List.copyOf(memory);
        }
    }

    /// A guest being received. The engine calls exactly one of [#taken] and [#discarded], last; before [#taken]
    /// it calls [#complete] and then [#committed].
    interface Incoming {
        Guest guest();

        SwitchoverGate gate();

        /// The guest is complete here, and the gate is asked next. What the agent must know of the guest should it
        /// die in between, it notes now; it does not fail.
        ///
        /// @param paused whether the guest was paused at the source, and is to stay so
        void complete(boolean paused);

        /// The record says the guest is this host's, which is about to be resumed unless it was paused at the
        /// source: the network may learn where it is, so that what is sent to it waits here. Must return at
        /// once.
        void committed();

        /// The record says the guest is this host's. The engine has resumed it, unless it was paused at the
        /// source; `resumeFailure` is empty on success. The agent takes charge of the guest. Must return at
        /// once.
        void taken(long epoch, boolean paused, String resumeFailure);

        /// The guest will run here with pages missing, which only the source has: noted by the agent, so that
        /// its next life can ask for them ([MigrationEngine#awaitPages]). Called before [#complete]; on
        /// failure the guest stays elsewhere. Then after [#taken] comes [#pagesArrived], [#pagesLost], or, if
        /// the guest ends or the engine is closed first, neither.
        default void leavesPages(UUID migration, String sourceHost) throws IOException {
            throw new IOException("This host takes no guests that miss pages");
        }

        /// No page is missing any more.
        default void pagesArrived() {}

        /// The missing pages cannot be had any more, so the guest is lost. The engine has destroyed what was
        /// here of it.
        default void pagesLost(String reason) {}

        /// The guest stays elsewhere; the engine has destroyed what was here.
        void discarded(String reason);
    }
}
