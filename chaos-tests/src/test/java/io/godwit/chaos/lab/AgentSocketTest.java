package io.godwit.chaos.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class AgentSocketTest {

    @Test
    void chunksAreJoined() {
        assertThat(AgentSocket.unchunk("3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")).isEqualTo("[1,2]");
    }

    @Test
    void anAnswerCutShortIsRefused() {
        assertThatThrownBy(() -> AgentSocket.unchunk("3\r\n[1,\r\n")).isInstanceOf(LabException.class);
    }
}
