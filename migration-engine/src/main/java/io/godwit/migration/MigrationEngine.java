package io.godwit.migration;

import io.godwit.shim.ConnectionFigures;
import io.godwit.shim.GuestMemory;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One per agent: sends guests and receives them.
public interface MigrationEngine extends AutoCloseable {

    /// Starts to move a guest and returns at once.
    Migration start(MigrationRequest request);

    /// Asks the target for its blockers, and this side for its own (tracking, memory layout). Touches nothing.
    ///
    /// @return every blocker, each a sentence for the operator; empty if the migration may begin
    /// @throws IOException if the target cannot be asked: unreachable, or not who it should be
    List<String> preflight(MigrationRequest request) throws IOException, InterruptedException;

    /// Goes on serving the pages of a guest that runs at another host since before this agent started, for as
    /// long as it takes to reach that host.
    ///
    /// @param epoch  in which the target took the guest
    /// @param memory of the copy that is left here, which does not run
    /// @param gate   asked, now and then, whether the target still has the guest in that epoch
    /// @return completes with what became of it; never exceptionally
    CompletableFuture<PagesOwed.Outcome> servePages(
            PagesOwed.Debt debt, long epoch, GuestMemory memory, SwitchoverGate gate);

    /// Takes charge of a guest of this host that runs with pages missing since before this agent started: its
    /// source will connect.
    ///
    /// @throws IOException if the kernel cannot be asked for what is missing: to be tried again
    void awaitPages(UUID migration, String sourceHost, WaitingGuest guest) throws IOException;

    /// Tells the target of a guest that the pages it misses were lost with this host's memory, so that it
    /// gives the guest up.
    ///
    /// @throws IOException if it was not told: to be tried again
    void tellPagesLost(PagesOwed.Debt debt, String reason) throws IOException, InterruptedException;

    /// Where migrations are received, with the port that was chosen if none was asked for; empty if this engine only
    /// sends.
    Optional<InetSocketAddress> address();

    /// Gives up every migration that is not committed and waits, a bounded time, for the outcome. Guests run on.
    @Override
    void close();

    /// @param hostName   this host's name
    /// @param listen     where migrations are received; null to send only
    /// @param tls        null only where the configuration says `insecure: true`
    /// @param figures    by which migrations learn when to make room for others on the link
    /// @param quiet      leaves what is as it should be out of the log
    record Settings(
            String hostName,
            @Nullable InetSocketAddress listen,
            @Nullable Tls tls,
            ConnectionFigures figures,
            boolean quiet) {
        /// Of an engine that tells the log of every migration.
        public Settings(
                String hostName, @Nullable InetSocketAddress listen, @Nullable Tls tls, ConnectionFigures figures) {
            this(hostName, listen, tls, figures, false);
        }
    }

    /// PEM files. Each host's certificate names the host as a DNS subject alternative name.
    record Tls(Path authority, Path certificate, Path key) {}

    /// @param incoming what to do with guests that arrive
    /// @throws IOException if the address cannot be listened on, or a PEM file cannot be used
    static MigrationEngine open(Settings settings, IncomingGuests incoming, MeterRegistry meters) throws IOException {
        return new LiveMigrationEngine(settings, incoming, meters);
    }
}
