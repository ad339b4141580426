package io.godwit.migration.precopy;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationReport.LatePages;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.PagesOwed;
import io.godwit.migration.postcopy.PostcopySource;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.GuestMemory;
import java.io.IOException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a source has to do beside if pages come after the switchover: note the debt before there can be one,
/// serve the pages, and forget the debt when it is paid or never came to be.
final class LateHandover {
    private static final Logger log = LoggerFactory.getLogger(LateHandover.class);

    private final MigrationRequest request;
    private final PostcopySource pages;
    private final LongSupplier nanoClock;
    private long runningAtNanos;
    private long owedEpoch = PagesOwed.EPOCH_NOT_KNOWN;

    /// @param pacer the migration's own: what the operator allows it holds for late pages too
    LateHandover(
            MigrationRequest request,
            Transport transport,
            Session session,
            Pacer pacer,
            Counters counters,
            LongSupplier nanoClock) {
        this.request = request;
        this.nanoClock = nanoClock;
        this.pages = new PostcopySource(
                new PostcopySource.Place(request.id(), request.targetHost(), request.target()),
                request.guest().memory(),
                transport,
                pacer::reserve,
                nanoClock,
                counters::sent,
                session::fail);
    }

    /// @param version of the protocol, as agreed on
    /// @throws GivenUp if the target does not know pages that come late
    static void requireVersion(int version, String targetHost) throws GivenUp {
        if (version < ProtocolVersion.LATE_PAGES) {
            throw new GivenUp(
                    "The guest writes faster than its downtime budget allows, and the agent of " + targetHost
                            + " is too old for post-copy; upgrade it, or choose another --on-slow",
                    false);
        }
    }

    /// The note first: what fails from here on is followed by [#recall] or [#serve].
    void open() throws IOException, InterruptedException {
        owedEpoch = request.owed().owe(new PagesOwed.Debt(request.id(), request.targetHost(), request.target()));
        pages.connect();
    }

    PostcopySource pages() {
        return pages;
    }

    /// Whether the target, if it has the guest, has it with pages missing.
    boolean owes() {
        return pages.offered();
    }

    /// The guest runs at the target, and depends on this host from now on. To be called once.
    void running() {
        runningAtNanos = nanoClock.getAsLong();
    }

    /// Guest bytes that were left behind, and of these the ones that are still here.
    MigrationProgress progress(MigrationProgress of) {
        long total = pages.pages() * GuestMemory.PAGE_BYTES;
        return of.withRoundBytes(total, total - pages.pagesLeft() * GuestMemory.PAGE_BYTES);
    }

    /// The guest is the target's: serves its pages, if it misses any.
    ///
    /// @return empty if what is here of the guest is of no further use; else why it must be kept
    String end(long epoch, SourceReport report) {
        if (!owes()) {
            recall();
            return "";
        }
        String kept = serve(epoch, report);
        report.decided();
        return kept;
    }

    private String serve(long epoch, SourceReport report) {
        PostcopySource.End end = served(epoch);
        report.latePages(
                new LatePages(pages.pages(), pages.pagesAsked(), (nanoClock.getAsLong() - runningAtNanos) / 1e6));
        return switch (end) {
            case PLACED -> {
                request.owed().paid();
                yield "";
            }
            case NOT_OWED -> {
                report.warn("The guest that needed the rest of its memory from " + request.sourceHost()
                        + " is no more: the record names another epoch");
                request.owed().paid();
                yield "";
            }
            case LET_GO -> {
                log.warn(
                        "Pages of guest {} are still here",
                        request.guest().spec().name());
                yield "Pages that it needs are still on " + request.sourceHost()
                        + ", whose agent stopped: it stands still where it needs them until that agent runs again";
            }
        };
    }

    /// Who has learnt late that the guest is the target's may have read of a later life of it there.
    ///
    /// @param epoch the guest's at the target, as far as it is known
    private PostcopySource.End served(long epoch) {
        if (owedEpoch != PagesOwed.EPOCH_NOT_KNOWN && owedEpoch != epoch) {
            pages.close();
            return PostcopySource.End.NOT_OWED;
        }
        return pages.serve(PostcopySource.askRecord(request.gate(), request.targetHost(), epoch));
    }

    /// The guest is not the target's, so nothing is owed.
    void recall() {
        pages.close();
        request.owed().paid();
    }

    void letGo() {
        pages.letGo();
    }
}
