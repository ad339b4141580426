package io.godwit.benchmarks.measure;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.workload.GuestServices;
import java.io.IOException;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Sends a numbered datagram to a guest's echo service every millisecond and notes when each comes back. Nothing is
/// allocated while it runs, and its threads go before others, so that a silence is the guest's and not its own.
public final class EchoProbe implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long JOIN_MS = 5_000;

    /// Answers are waited for until none has come for so long: a guest that got behind answers late.
    private static final long LATE_MS = 1_000;

    private static final long LATE_MS_MAX = 15_000;

    private final DatagramChannel channel;
    private final long[] sentNs;
    private final long[] answeredNs;
    private final Thread sender;
    private final Thread receiver;
    private volatile boolean ended;
    private volatile boolean closing;
    private volatile int sent;
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();

    @SuppressWarnings("ThreadPriorityCheck") // Nothing relies on it but the precision of what is seen.
    private EchoProbe(DatagramChannel channel, int datagramsMax) {
        this.channel = channel;
        this.sentNs = new long[datagramsMax];
        this.answeredNs = new long[datagramsMax];
        this.sender = Thread.ofPlatform().daemon().name("echo-sender").unstarted(this::send);
        this.receiver = Thread.ofPlatform().daemon().name("echo-receiver").unstarted(this::receive);
        sender.setPriority(Thread.MAX_PRIORITY);
        receiver.setPriority(Thread.MAX_PRIORITY);
    }

    /// Begins at once.
    ///
    /// @param atMost it sends nothing more after so long
    public static EchoProbe start(Namespace from, String address, Duration atMost) {
        DatagramChannel channel = Sockets.datagrams(from, address, GuestServices.UDP_PORT);
        EchoProbe probe = new EchoProbe(channel, Math.toIntExact(atMost.toMillis()));
        probe.receiver.start();
        probe.sender.start();
        return probe;
    }

    /// Ends the series, waits for late answers, and tells what was seen of what was sent between two moments of
    /// `System.nanoTime`.
    public EchoSeen stop(long fromNs, long toNs) throws InterruptedException {
        ended = true;
        sender.join(JOIN_MS);
        long before = -1;
        for (long waitedMs = 0; waitedMs < LATE_MS_MAX && answers.get() != before; waitedMs += LATE_MS) {
            before = answers.get();
            TimeUnit.MILLISECONDS.sleep(LATE_MS);
        }
        close();
        int count = sent;
        return new EchoSeries(Arrays.copyOf(sentNs, count), Arrays.copyOf(answeredNs, count), duplicates.get())
                .between(fromNs, toNs);
    }

    private void send() {
        ByteBuffer datagram = ByteBuffer.allocateDirect(Long.BYTES);
        long due = System.nanoTime();
        for (int number = 0; number < sentNs.length && !ended; number++) {
            for (long now = System.nanoTime(); now - due < 0 && !ended; now = System.nanoTime()) {
                LockSupport.parkNanos(due - now);
            }
            datagram.clear().putLong(number).flip();
            sentNs[number] = System.nanoTime();
            sent = number + 1;
            try {
                channel.write(datagram);
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // Nobody is there at this moment, or the queue is full: a datagram that is lost, like others.
                answeredNs[number] = 0;
            }
            // One that was late does not hurry the next: a burst is not what is measured.
            due = Math.max(due + INTERVAL_NS, System.nanoTime());
        }
    }

    private void receive() {
        ByteBuffer datagram = ByteBuffer.allocateDirect(64);
        while (!closing) {
            datagram.clear();
            try {
                channel.read(datagram);
                note(datagram.flip(), System.nanoTime());
            } catch (PortUnreachableException e) {
                // Said of an earlier datagram, which is lost; later ones may arrive.
                datagram.clear();
            } catch (IOException e) {
                // Closed: the series is over.
                return;
            }
        }
    }

    private void note(ByteBuffer datagram, long nowNs) {
        if (datagram.remaining() != Long.BYTES) {
            return;
        }
        answers.incrementAndGet();
        long number = datagram.getLong();
        if (number < 0 || number >= sent) {
            return;
        }
        if (answeredNs[(int) number] == 0) {
            answeredNs[(int) number] = nowNs;
        } else {
            duplicates.incrementAndGet();
        }
    }

    @Override
    public void close() {
        ended = true;
        closing = true;
        try {
            sender.join(JOIN_MS);
            channel.close();
            receiver.join(JOIN_MS);
        } catch (IOException e) {
            throw new LabException("The echo probe's socket cannot be closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
