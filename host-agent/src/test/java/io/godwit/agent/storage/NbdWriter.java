package io.godwit.agent.storage;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process that writes over NBD when it is told to, as a guest's QEMU would.
final class NbdWriter implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    /// @param credentials a directory as QEMU wants it; null for no TLS
    NbdWriter(int port, String export, @Nullable Path credentials, String serverName, int reconnectSeconds)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("qemu-io"));
        String tls = "";
        if (credentials != null) {
            command.addAll(
                    List.of("--object", "tls-creds-x509,id=tls,endpoint=client,verify-peer=on,dir=" + credentials));
            tls = ",tls-creds=tls,tls-hostname=" + serverName;
        }
        command.addAll(List.of(
                "--image-opts",
                "driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=" + port + ",export=" + export
                        + ",reconnect-delay=" + reconnectSeconds + tls));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    void begin(int pattern) throws IOException {
        try {
            process.getOutputStream().write(("write -P " + pattern + " 0 4096\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            // It has ended; what it said tells why.
            process.onExit().join();
        }
    }

    /// What it says of the write begun last: `wrote ...` or an error, or all it said if it has ended.
    String result() throws IOException {
        StringBuilder all = new StringBuilder();
        String line = answers.readLine();
        while (line != null) {
            String said = line.replace("qemu-io> ", "");
            all.append(said).append('\n');
            if (said.startsWith("wrote") || said.contains("rror")) {
                return said;
            }
            line = answers.readLine();
        }
        return all.toString();
    }

    String write(int pattern) throws IOException {
        begin(pattern);
        return result();
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
