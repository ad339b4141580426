package io.godwit.migration.precopy;

import io.godwit.migration.PagePolicy;
import io.godwit.migration.codec.Codec;
import io.godwit.migration.codec.CodecControl;
import io.godwit.migration.codec.FrameSink;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.PageEncoder;
import io.godwit.migration.codec.PageKind;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.transport.Link;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Sends rounds over all data connections: a page always takes the connection of its block, so a later version
/// of it can never overtake an earlier one.
final class RoundSender implements AutoCloseable {
    private static final int WORKERS_MAX = 8;

    private final Session session;
    private final MappedRam ram;
    private final Pacer pacer;
    private final Counters counters;
    private final LongSupplier nanoClock;
    private final List<Link> links;
    private final List<PageEncoder> encoders = new ArrayList<>();
    private final int workers;
    private final ExecutorService pool;

    RoundSender(
            Session session,
            MappedRam ram,
            List<Link> links,
            PagePolicy policy,
            Pacer pacer,
            Counters counters,
            LongSupplier nanoClock) {
        this.session = session;
        this.ram = ram;
        this.pacer = pacer;
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.links = List.copyOf(links);
        this.workers = Math.min(
                links.size(), Math.min(WORKERS_MAX, Runtime.getRuntime().availableProcessors()));
        CodecControl control = new CodecControl(codecs(policy.compression()), workers, new HostLoad()::idleProcessors);
        long heldBytesMax = policy.deltaCacheBytes() / links.size();
        for (Link link : links) {
            encoders.add(
                    new PageEncoder(ram, link.allocator(), new LinkSink(link), control, links.size(), heldBytesMax));
        }
        this.pool = Executors.newFixedThreadPool(
                workers, Thread.ofPlatform().name("godwit-encoder-", 0).daemon().factory());
    }

    private static List<Codec> codecs(PagePolicy.Compression compression) {
        return switch (compression) {
            case AUTO -> List.of(Codec.values());
            case FAST -> List.of(Codec.RAW, Codec.LZ4);
            case NONE -> List.of(Codec.RAW);
            case LZ4 -> List.of(Codec.LZ4);
            case ZSTD -> List.of(Codec.ZSTD_1);
        };
    }

    /// Round 0: tells which pages nobody ever touched. All of them on the first connection, for they are few
    /// ranges; the round must be acknowledged before the next begins.
    void sendUntouched(PageBitmap dataPages) throws Exception {
        PageEncoder first = encoders.getFirst();
        encoders.forEach(encoder -> encoder.beginRound(0));
        long page = dataPages.nextClear(0);
        while (page >= 0) {
            long data = dataPages.nextSet(page);
            long end = data < 0 ? ram.pageCount() : data;
            first.addZeros(page, end - page);
            page = data < 0 ? -1 : dataPages.nextClear(data);
        }
        for (int i = 0; i < encoders.size(); i++) {
            endRound(i, 0);
        }
    }

    /// Sends the pages whose bits are set, as they are when they are reached. When it returns, everything is on
    /// its way; when it fails, no worker is at it any more.
    ///
    /// @param rescan finds pages that need not be sent in this round; null if all must be
    void send(int round, PageBitmap pages, @Nullable Rescan rescan) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        CountDownLatch atWork = new CountDownLatch(workers);
        for (int worker = 0; worker < workers; worker++) {
            int number = worker;
            running.add(pool.submit(() -> {
                try {
                    work(number, round, pages, rescan);
                } finally {
                    atWork.countDown();
                }
                return null;
            }));
        }
        Exception failure = rescan == null ? null : rescanUntilDone(atWork, rescan);
        for (Future<?> future : running) {
            failure = firstOf(failure, outcome(future));
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Whatever goes wrong here, the workers are waited for all the same.
    private @Nullable Exception rescanUntilDone(CountDownLatch atWork, Rescan rescan) {
        try {
            while (!atWork.await(rescan.intervalNanos(), TimeUnit.NANOSECONDS)) {
                rescan.scan();
            }
            return null;
        } catch (IOException | RuntimeException e) {
            session.fail("Sending failed: " + e);
            return e;
        } catch (InterruptedException e) {
            session.fail("The engine was interrupted");
            return e;
        }
    }

    /// An interrupted wait must not leave workers behind that read memory: it gives up the session, which ends
    /// them, and goes on waiting.
    private @Nullable Exception outcome(Future<?> future) {
        Exception interrupted = null;
        while (true) {
            try {
                future.get();
                return interrupted;
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                session.fail("Sending failed: " + cause);
                return cause instanceof Exception exception ? exception : new IllegalStateException(cause);
            } catch (InterruptedException e) {
                session.fail("The engine was interrupted");
                interrupted = e;
            }
        }
    }

    private static @Nullable Exception firstOf(@Nullable Exception first, @Nullable Exception second) {
        return first != null ? first : second;
    }

    private void work(int worker, int round, PageBitmap pages, @Nullable Rescan rescan) throws Exception {
        for (int connection = worker; connection < encoders.size(); connection += workers) {
            encoders.get(connection).beginRound(round);
        }
        long page = pages.nextSet(0);
        while (page >= 0) {
            long block = page / Limits.BLOCK_PAGES;
            long blockEnd = Math.min((block + 1) * Limits.BLOCK_PAGES, ram.pageCount());
            int connection = (int) (block % encoders.size());
            if (connection % workers == worker) {
                boolean some = rescan != null && rescan.any();
                addBlock(encoders.get(connection), pages, page, blockEnd, some ? rescan : null);
            }
            page = pages.nextSet(blockEnd);
        }
        for (int connection = worker; connection < encoders.size(); connection += workers) {
            endRound(connection, round);
        }
    }

    private void addBlock(PageEncoder encoder, PageBitmap pages, long first, long blockEnd, @Nullable Rescan rescan)
            throws Exception {
        long page = first;
        while (page >= 0 && page < blockEnd) {
            long clear = pages.nextClear(page);
            long end = clear < 0 ? blockEnd : Math.min(clear, blockEnd);
            counters.covered((end - page) * GuestMemory.PAGE_BYTES);
            if (rescan == null) {
                encoder.add(page, (int) (end - page));
            } else {
                addWhatIsNotLater(encoder, page, end, rescan);
            }
            page = pages.nextSet(end);
        }
    }

    private static void addWhatIsNotLater(PageEncoder encoder, long first, long end, Rescan rescan) throws Exception {
        for (long page = first; page < end; page++) {
            if (!rescan.isLater(page)) {
                encoder.add(page, 1);
            }
        }
    }

    private void endRound(int connection, int round) throws Exception {
        int frames = encoders.get(connection).endRound();
        links.get(connection).send(new RoundEnd(round, frames));
    }

    @Override
    public void close() {
        pool.shutdownNow();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = pool.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        encoders.forEach(PageEncoder::close);
    }

    /// Sends frames as fast as the connection and the cap allow.
    private final class LinkSink implements FrameSink {
        private final Link link;

        /// The first frame does not wait, though it is paid for: the kernel spreads it over time at the
        /// connection's share of the rate, and a low rate would be carried by one connection alone for long.
        private boolean begun;

        LinkSink(Link link) {
            this.link = link;
        }

        /// The rate may grow severalfold meanwhile, and does at the start.
        private void awaitTurn(long place) throws GivenUp, InterruptedException {
            long waitNanos = pacer.waitNanos(place, nanoClock.getAsLong());
            do {
                session.pause(Math.min(waitNanos, DelayGovernor.INTERVAL_NANOS));
                waitNanos = pacer.waitNanos(place, nanoClock.getAsLong());
            } while (waitNanos > 0);
        }

        @Override
        public void send(ByteBuf frame, PageKind kind, long pages) throws GivenUp, InterruptedException {
            int bytes = frame.readableBytes();
            boolean sent = false;
            try {
                long place = pacer.book(bytes, nanoClock.getAsLong());
                if (begun) {
                    awaitTurn(place);
                }
                begun = true;
                session.await(link::writable);
                sent = true;
                link.send(frame);
            } finally {
                if (!sent) {
                    frame.release();
                }
            }
            counters.sent(bytes);
            counters.told(kind, pages);
        }
    }
}
