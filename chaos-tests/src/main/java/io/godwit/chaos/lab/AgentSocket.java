package io.godwit.chaos.lab;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Asks an agent over its Unix socket, without the second a JVM for the command line takes: for tests that act
/// at a certain moment of a migration.
///
/// @param path the socket
record AgentSocket(Path path) {
    private static final int ANSWER_BYTES_MAX = 4 << 20;
    private static final JsonMapper JSON = JsonMapper.shared();

    boolean answers() {
        try {
            return exchange("GET", "/v1/hosts", "").startsWith("HTTP/1.1 200");
        } catch (IOException e) {
            // Not listening yet: the caller asks again.
            return false;
        }
    }

    JsonNode get(String resource) {
        return request("GET", resource, "");
    }

    /// @param body JSON; empty for none
    JsonNode request(String method, String resource, String body) {
        String answer;
        try {
            answer = exchange(method, resource, body);
        } catch (IOException e) {
            throw new LabException("Agent does not answer at " + path, e);
        }
        int headEnd = answer.indexOf("\r\n\r\n");
        if (!answer.startsWith("HTTP/1.1 2") || headEnd < 0) {
            throw new LabException("Agent refused " + resource + ": " + answer);
        }
        String head = answer.substring(0, headEnd).toLowerCase(java.util.Locale.ROOT);
        String content = answer.substring(headEnd + 4);
        try {
            return JSON.readTree(head.contains("transfer-encoding: chunked") ? unchunk(content) : content);
        } catch (JacksonException e) {
            throw new LabException("Agent answered what is no JSON: " + answer, e);
        }
    }

    private String exchange(String method, String resource, String body) throws IOException {
        String request = "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n"
                        .formatted(method, resource)
                + (body.isEmpty() ? "" : "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n")
                + "\r\n"
                + body;
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(channel).readNBytes(ANSWER_BYTES_MAX), StandardCharsets.UTF_8);
        }
    }

    /// Joins the chunks of an HTTP/1.1 body. Lengths count bytes; the lab's answers are ASCII.
    static String unchunk(String chunked) {
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (true) {
            int lineEnd = chunked.indexOf("\r\n", at);
            if (lineEnd < 0) {
                throw new LabException("Agent's answer ends in the middle of a chunk");
            }
            int length = Integer.parseInt(chunked.substring(at, lineEnd).strip(), 16);
            if (length == 0) {
                return whole.toString();
            }
            whole.append(chunked, lineEnd + 2, lineEnd + 2 + length);
            at = lineEnd + 2 + length + 2;
        }
    }
}
