package io.godwit.migration.precopy;

import io.godwit.migration.MigrationRequest;
import io.godwit.migration.PagesOwed;
import io.godwit.migration.postcopy.PostcopySource;
import io.godwit.migration.transport.Transport;
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

    LateHandover(MigrationRequest request, Transport transport, Session session, LongSupplier nanoClock) {
        this.request = request;
        Pacer pacer = new Pacer(request.policy().bandwidthBytesPerSecond());
        this.pages = new PostcopySource(
                new PostcopySource.Place(request.id(), request.targetHost(), request.target()),
                request.guest().memory(),
                transport,
                pacer::reserve,
                nanoClock,
                session::fail);
    }

    /// The note first: what fails from here on is followed by [#recall] or [#serve].
    void open() throws IOException, InterruptedException {
        request.postCopy().owed().owe(new PagesOwed.Debt(request.id(), request.targetHost(), request.target()));
        pages.connect();
    }

    PostcopySource pages() {
        return pages;
    }

    /// Whether the target, if it has the guest, has it with pages missing.
    boolean owes() {
        return pages.offered();
    }

    /// Serves the pages of a guest that is the target's.
    ///
    /// @return empty if what is here of the guest is of no further use; else why it must be kept
    String serve(long epoch, SourceReport report) {
        PostcopySource.End end = pages.serve(PostcopySource.askRecord(request.gate(), request.targetHost(), epoch));
        return switch (end) {
            case PLACED -> {
                request.postCopy().owed().paid();
                yield "";
            }
            case NOT_OWED -> {
                report.warn("The guest that needed the rest of its memory from " + request.sourceHost()
                        + " is no more: the record names another epoch");
                request.postCopy().owed().paid();
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

    /// The guest is not the target's, so nothing is owed.
    void recall() {
        pages.close();
        request.postCopy().owed().paid();
    }

    void letGo() {
        pages.letGo();
    }
}
