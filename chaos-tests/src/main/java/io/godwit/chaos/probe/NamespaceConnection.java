package io.godwit.chaos.probe;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// A TCP connection out of a namespace: an `nc` process inside, whose pipes are its ends.
final class NamespaceConnection implements AutoCloseable {
    private final Process process;

    private NamespaceConnection(Process process) {
        this.process = process;
    }

    static NamespaceConnection open(Namespace from, String address, int port) {
        try {
            return new NamespaceConnection(
                    new ProcessBuilder(from.wrap("busybox", "nc", address, Integer.toString(port)))
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start());
        } catch (IOException e) {
            throw new LabException("nc cannot be started", e);
        }
    }

    InputStream input() {
        return process.getInputStream();
    }

    OutputStream output() {
        return process.getOutputStream();
    }

    boolean open() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
