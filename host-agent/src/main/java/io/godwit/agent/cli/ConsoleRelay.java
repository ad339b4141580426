package io.godwit.agent.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Carries bytes between a guest's console and a terminal or pipe, both ways at once.
final class ConsoleRelay {
    /// Ctrl-], as in telnet, xl and virsh.
    static final int ESCAPE = 0x1d;

    private static final int BUFFER_BYTES = 8 << 10;
    private static final long QUIET_MS = 1_000;

    private final SocketChannel console;
    private final InputStream input;
    private final OutputStream output;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicLong lastOutputNanos = new AtomicLong(System.nanoTime());

    ConsoleRelay(SocketChannel console, InputStream input, OutputStream output) {
        this.console = console;
        this.input = input;
        this.output = output;
    }

    /// Returns once the escape character was typed, the guest closed its console, or the input ended and the console
    /// has been quiet for a second.
    void run() throws InterruptedException {
        // A platform thread: a read of standard input cannot be interrupted, and must not keep the program.
        Thread.ofPlatform().daemon().name("console-input").start(this::carryInput);
        Thread.ofVirtual().name("console-output").start(this::carryOutput);
        ended.await();
    }

    private void carryInput() {
        byte[] bytes = new byte[BUFFER_BYTES];
        try {
            for (int count = input.read(bytes); count >= 0; count = input.read(bytes)) {
                int escape = escapeIn(bytes, count);
                write(bytes, escape < 0 ? count : escape);
                if (escape >= 0) {
                    ended.countDown();
                    return;
                }
            }
            awaitQuiet();
        } catch (IOException _) {
            // Either end is gone; the latch says so.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        ended.countDown();
    }

    private void carryOutput() {
        try (InputStream from = Channels.newInputStream(console)) {
            byte[] bytes = new byte[BUFFER_BYTES];
            for (int count = from.read(bytes); count >= 0; count = from.read(bytes)) {
                lastOutputNanos.set(System.nanoTime());
                output.write(bytes, 0, count);
                output.flush();
            }
        } catch (IOException _) {
            // Either end is gone; the latch says so.
        } finally {
            ended.countDown();
        }
    }

    private void awaitQuiet() throws InterruptedException {
        lastOutputNanos.set(System.nanoTime());
        long quietMs = 0;
        while (quietMs < QUIET_MS) {
            if (ended.await(QUIET_MS - quietMs, TimeUnit.MILLISECONDS)) {
                return;
            }
            quietMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastOutputNanos.get());
        }
    }

    private void write(byte[] bytes, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
        while (buffer.hasRemaining()) {
            console.write(buffer);
        }
    }

    private static int escapeIn(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            if (bytes[i] == ESCAPE) {
                return i;
            }
        }
        return -1;
    }
}
