package io.godwit.chaos.probe;

import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.workload.GuestServices;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One TCP connection to the guest's echo service that carries data all the time: numbered words of eight bytes
/// go there, and each must come back right and in its turn.
public final class StreamProbe implements AutoCloseable {
    private static final int BATCH_WORDS = 256;
    private static final long WORDS_UNDERWAY_MAX = 16_384;
    private static final long INTERVAL_MS = 10;

    private final NamespaceConnection connection;
    private final AtomicLong wordsSent = new AtomicLong();
    private final AtomicLong wordsReturned = new AtomicLong();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private volatile boolean closing;

    private StreamProbe(NamespaceConnection connection) {
        this.connection = connection;
        Thread.ofVirtual().name("stream-writer").start(this::write);
        Thread.ofVirtual().name("stream-reader").start(this::read);
    }

    public static StreamProbe start(Namespace from, String address) {
        return new StreamProbe(NamespaceConnection.open(from, address, GuestServices.ECHO_PORT));
    }

    /// How much has come back right so far.
    public long bytesReturned() {
        return wordsReturned.get() * Long.BYTES;
    }

    /// What went wrong first; empty if nothing did.
    public String failure() {
        String first = failure.get();
        return first == null ? "" : first;
    }

    private void write() {
        ByteBuffer batch = ByteBuffer.allocate(BATCH_WORDS * Long.BYTES);
        try {
            while (!closing && failure.get() == null) {
                // The guest holds a bounded amount for us: sending on while it is paused would only fill buffers.
                if (wordsSent.get() - wordsReturned.get() < WORDS_UNDERWAY_MAX) {
                    batch.clear();
                    for (int i = 0; i < BATCH_WORDS; i++) {
                        batch.putLong(word(wordsSent.getAndIncrement()));
                    }
                    connection.output().write(batch.array());
                    connection.output().flush();
                }
                Thread.sleep(INTERVAL_MS);
            }
        } catch (IOException e) {
            fail("The connection broke while sending, after word " + wordsSent.get() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (DataInputStream input = new DataInputStream(new java.io.BufferedInputStream(connection.input()))) {
            while (true) {
                long word = input.readLong();
                long number = wordsReturned.get();
                if (word != word(number)) {
                    fail("Word %d came back wrong: %016x instead of %016x".formatted(number, word, word(number)));
                    return;
                }
                wordsReturned.incrementAndGet();
            }
        } catch (EOFException e) {
            fail("The connection was closed after word " + wordsReturned.get());
        } catch (IOException e) {
            fail("The connection broke after word " + wordsReturned.get() + ": " + e.getMessage());
        }
    }

    /// A word that differs in all its bytes from its neighbours, so that a shift or a swap is seen.
    private static long word(long number) {
        return (number + 1) * 0x9E3779B97F4A7C15L;
    }

    private void fail(String what) {
        if (!closing) {
            failure.compareAndSet(null, what);
        }
    }

    @Override
    public void close() {
        closing = true;
        connection.close();
    }
}
