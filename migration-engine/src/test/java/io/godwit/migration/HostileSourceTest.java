package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.Token;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Sources that do not keep to the protocol: the connection ends, no guest is started, and the host goes on.
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class HostileSourceTest {
    private static final Message HELLO = new Message.Hello(1, 1, Message.Role.CONTROL, 0, Token.NONE);

    private static byte[] bytes(Message... messages) {
        ByteBuf all = UnpooledByteBufAllocator.DEFAULT.buffer();
        for (Message message : messages) {
            ByteBuf frame = MessageCodec.encode(UnpooledByteBufAllocator.DEFAULT, message);
            all.writeBytes(frame);
            frame.release();
        }
        byte[] result = ByteBufUtil.getBytes(all);
        all.release();
        return result;
    }

    /// Sends bytes and reads until the host closes.
    private static void sendUntilClosed(TwoHosts hosts, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(hosts.listen.getAddress(), hosts.listen.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(bytes);
            byte[] buffer = new byte[4096];
            int count = 0;
            while (count >= 0) {
                count = read(socket, buffer);
            }
        }
    }

    private static int read(Socket socket, byte[] buffer) {
        try {
            return socket.getInputStream().read(buffer);
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("The host kept the connection", e);
        } catch (IOException _) {
            return -1;
        }
    }

    private static void assertUnharmed(TwoHosts hosts) throws Exception {
        assertThat(hosts.targetGuest.resumes).isZero();
        assertThat(hosts.record.calls()).isEmpty();
        assertThat(hosts.migrate(policy -> policy).result()).isEqualTo(MigrationReport.Result.COMPLETED);
    }

    @Test
    void strangersAreTurnedAway() throws Exception {
        try (TwoHosts hosts = new TwoHosts(4096)) {
            sendUntilClosed(hosts, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            sendUntilClosed(hosts, new byte[1000]);
            Random random = new Random(3);
            for (int i = 0; i < 50; i++) {
                byte[] noise = new byte[20 + random.nextInt(300)];
                random.nextBytes(noise);
                sendUntilClosed(hosts, noise);
            }
            assertThat(hosts.agent.events()).isEmpty();
            assertUnharmed(hosts);
        }
    }

    @Test
    void silentConnectionsAreClosed() throws Exception {
        try (TwoHosts hosts = new TwoHosts(4096)) {
            sendUntilClosed(hosts, new byte[0]);
            sendUntilClosed(hosts, new byte[] {0, 1, 0});
            // Greeted, then silent: no heartbeats come.
            sendUntilClosed(hosts, bytes(HELLO));
            assertUnharmed(hosts);
        }
    }

    @Test
    void messagesOutOfOrderEndTheSession() throws Exception {
        try (TwoHosts hosts = new TwoHosts(4096)) {
            sendUntilClosed(hosts, bytes(new Message.RoundDone(1)));
            sendUntilClosed(hosts, bytes(HELLO, HELLO));
            sendUntilClosed(hosts, bytes(HELLO, new Message.Complete(0, 0, false)));
            sendUntilClosed(hosts, bytes(HELLO, new Message.Running(1, 0, 0, 0, "")));
            sendUntilClosed(hosts, bytes(new Message.Hello(3, 9, Message.Role.CONTROL, 0, Token.NONE)));
            sendUntilClosed(hosts, bytes(new Message.Hello(1, 1, Message.Role.DATA, 0, new Token(1, 2))));
            assertThat(hosts.agent.events()).isEmpty();
            assertUnharmed(hosts);
        }
    }

    @Test
    void layoutsThatDifferAndEndsThatComeTooEarlyStartNoGuest() throws Exception {
        try (TwoHosts hosts = new TwoHosts(4096)) {
            IncomingGuests.Offer offer = new IncomingGuests.Offer(
                    new UUID(1, 1),
                    TwoHosts.SOURCE,
                    hosts.sourceGuest.spec(),
                    "FAKE 1",
                    "none",
                    hosts.sourceGuest.memory().regions());
            IncomingGuests.Offer other = new IncomingGuests.Offer(
                    new UUID(1, 1), TwoHosts.SOURCE, hosts.sourceGuest.spec(), "FAKE 1", "none", List.of());
            sendUntilClosed(hosts, bytes(HELLO, new Message.Prepare(other, 1, false)));
            sendUntilClosed(
                    hosts, bytes(HELLO, new Message.Prepare(offer, 1, true), new Message.Complete(0, 0, false)));
            sendUntilClosed(
                    hosts,
                    bytes(
                            HELLO,
                            new Message.Prepare(offer, 1, false),
                            new Message.DeviceStatePart(10, 5, new byte[5]),
                            new Message.Complete(0, 10, false)));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.agent.events().size() == 6);
            assertThat(hosts.agent.events()).filteredOn("discarded"::equals).hasSize(3);
            assertThat(hosts.targetGuest.loaded).isNull();
            assertThat(hosts.targetGuest.resumes).isZero();
            assertThat(hosts.record.calls()).isEmpty();
        }
    }
}
