package io.godwit.agent.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The host's watchdog, such as `/dev/watchdog`: from its opening on the host is reset unless something is written
/// to it in time. It watches the guard as the guard watches the agent. Its timeout is its own; no promise of the
/// lease counts on it.
final class Watchdog implements AutoCloseable {
    /// Tells the driver that the closing to come is meant; without it the host is reset.
    private static final byte DISARM = 'V';

    private static final byte PET = 0;

    private final String path;
    private final @Nullable FileChannel device;

    private Watchdog(String path, @Nullable FileChannel device) {
        this.path = path;
        this.device = device;
    }

    /// Arms it.
    ///
    /// @param path empty for none, which is always kept quiet
    /// @throws IOException if it is not there, or another program has it
    static Watchdog open(String path) throws IOException {
        if (path.isEmpty()) {
            return new Watchdog(path, null);
        }
        Optional<String> obstacle = obstacle(Path.of(path));
        if (obstacle.isPresent()) {
            throw new IOException(obstacle.get());
        }
        try {
            return new Watchdog(path, FileChannel.open(Path.of(path), StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw new IOException(
                    "The watchdog cannot be opened, does another program have it? " + path + ": " + e.getMessage(), e);
        }
    }

    /// What speaks against it, found out without arming it.
    static Optional<String> obstacle(Path path) {
        if (!Files.exists(path)) {
            return Optional.of("There is no watchdog: " + path);
        }
        return Files.isWritable(path) ? Optional.empty() : Optional.of("The watchdog cannot be written to: " + path);
    }

    String path() {
        return path;
    }

    void pet() throws IOException {
        write(PET);
    }

    /// Lets the host live when this is closed.
    void disarm() throws IOException {
        write(DISARM);
    }

    private void write(byte value) throws IOException {
        if (device != null) {
            device.write(ByteBuffer.wrap(new byte[] {value}));
        }
    }

    /// Unless it was disarmed, the host is reset after the device's own timeout.
    @Override
    public void close() throws IOException {
        if (device != null) {
            device.close();
        }
    }
}
