package io.godwit.benchmarks.measure;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.workload.GuestServices;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Asks a guest by datagram, again and again, how many pages it has written: what it gets done while it is moved, as
/// against before. Answers that get lost cost nothing but one reading.
public final class WorkMeter implements AutoCloseable {
    private static final byte[] QUESTION = "work".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern WRITTEN = Pattern.compile("\"memoryWritten\":(\\d{1,18})");
    private static final long INTERVAL_MS = 20;
    private static final int ANSWER_BYTES_MAX = 2048;

    private final DatagramChannel channel;
    private final WorkSeries series = new WorkSeries();
    private final Thread asking;
    private final Thread listening;
    private volatile boolean closing;

    private WorkMeter(DatagramChannel channel) {
        this.channel = channel;
        this.asking = Thread.ofPlatform().daemon().name("work-asking").unstarted(this::ask);
        this.listening = Thread.ofPlatform().daemon().name("work-listening").unstarted(this::listen);
    }

    public static WorkMeter start(Namespace from, String address) {
        WorkMeter meter = new WorkMeter(Sockets.datagrams(from, address, GuestServices.UDP_PORT));
        meter.listening.start();
        meter.asking.start();
        return meter;
    }

    /// Pages a second between two moments of `System.nanoTime`; NaN if the guest writes none.
    public double pagesPerSecond(long fromNs, long toNs) {
        synchronized (series) {
            return series.perSecond(fromNs, toNs);
        }
    }

    private void ask() {
        ByteBuffer question = ByteBuffer.allocateDirect(QUESTION.length);
        try {
            while (!closing) {
                try {
                    channel.write(question.clear().put(QUESTION).flip());
                } catch (java.nio.channels.ClosedChannelException e) {
                    return;
                } catch (IOException e) {
                    // Nobody there at this moment; the next question may be heard.
                    question.clear();
                }
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen() {
        ByteBuffer answer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
        while (!closing) {
            try {
                channel.read(answer.clear());
                long nowNs = System.nanoTime();
                Matcher written =
                        WRITTEN.matcher(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII));
                if (written.find()) {
                    synchronized (series) {
                        series.add(nowNs, Long.parseLong(written.group(1)));
                    }
                }
            } catch (java.net.PortUnreachableException e) {
                // Said of an earlier question.
                answer.clear();
            } catch (IOException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        asking.interrupt();
        try {
            channel.close();
            asking.join(TimeUnit.SECONDS.toMillis(5));
            listening.join(TimeUnit.SECONDS.toMillis(5));
        } catch (IOException e) {
            throw new LabException("The work meter's socket cannot be closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
