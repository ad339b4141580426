package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class AgentSocketTest {

    @Test
    void aBodyEndsWhereItsLengthSaysThoughTheConnectionGoesOn() throws IOException {
        InputStream stream = stream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]more");
        AgentSocket.Answer answer = AgentSocket.read(stream);
        assertThat(answer.succeeded()).isTrue();
        assertThat(answer.body()).isEqualTo("[1,2]");
        assertThat(stream.available()).isEqualTo(4);
    }

    @Test
    void chunksAreJoined() throws IOException {
        AgentSocket.Answer answer = AgentSocket.read(
                stream("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"));
        assertThat(answer.succeeded()).isFalse();
        assertThat(answer.body()).isEqualTo("[1,2]");
    }

    @Test
    void anAnswerCutShortIsRefused() {
        assertThatThrownBy(() -> AgentSocket.read(stream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("3 of 5");
        assertThatThrownBy(() -> AgentSocket.read(stream("HTTP/1.1 200 OK\r\nContent-")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void anEventIsFoundAmongOthersBetweenTheLengthsOfChunks() throws IOException {
        InputStream stream = stream("1b\r\nevent: progress\ndata: {}\n\n\r\n15\r\nevent: report\ndata: 1\n\n\r\n");
        AgentSocket.awaitEvent(stream, "report");
        assertThat(new String(stream.readNBytes(7), StandardCharsets.US_ASCII)).isEqualTo("data: 1");
        assertThatThrownBy(() -> AgentSocket.awaitEvent(stream, "report")).isInstanceOf(IOException.class);
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }
}
