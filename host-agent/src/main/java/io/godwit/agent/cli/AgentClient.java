package io.godwit.agent.cli;

import io.godwit.agent.api.ErrorView;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// Asks the agent behind a Unix socket. Every failure is a [CliException] that says what happened and what to do.
final class AgentClient {
    private static final int ANSWER_BYTES_MAX = 16 << 20;

    private final Path socket;
    private final Duration timeout;

    AgentClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /// A path with a guest's name in it, safely encoded.
    static String guestPath(String guest, String rest) {
        return "/v1/guests/" + URLEncoder.encode(guest, StandardCharsets.UTF_8).replace("+", "%20") + rest;
    }

    /// @param body  a record to be sent as JSON; null for none
    /// @return the answer's JSON text
    String request(String method, String path, @Nullable Object body) throws CliException {
        try (HttpExchange exchange = connect()) {
            Thread watchdog = Thread.ofVirtual().start(() -> closeLate(exchange));
            try {
                exchange.send(method, path, "application/json", body == null ? null : Json.bytes(body));
                return answer(exchange);
            } catch (IOException e) {
                throw lost(e);
            } finally {
                watchdog.interrupt();
            }
        }
    }

    <T> T get(String path, Class<T> type) throws CliException {
        return Json.read(request("GET", path, null), type);
    }

    /// Opens a stream of server-sent events; without a limit in time, for it lasts as long as what it tells of.
    ServerSentEvents events(String path) throws CliException {
        HttpExchange exchange = connect();
        try {
            exchange.send("GET", path, "text/event-stream", null);
            if (exchange.status() != 200) {
                answer(exchange);
            }
            return new ServerSentEvents(exchange);
        } catch (IOException e) {
            exchange.close();
            throw lost(e);
        } catch (CliException e) {
            exchange.close();
            throw e;
        }
    }

    private HttpExchange connect() throws CliException {
        try {
            return HttpExchange.connect(socket);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            throw CliException.unreachable(
                    "The agent cannot be reached at " + socket + ": " + e.getMessage(),
                    "",
                    "Is it running (systemctl status godwit-agent)? Are you root? --agent or GODWIT_AGENT name"
                            + " another socket.");
        }
    }

    private String answer(HttpExchange exchange) throws IOException, CliException {
        String text;
        try (InputStream body = exchange.body()) {
            byte[] bytes = body.readNBytes(ANSWER_BYTES_MAX + 1);
            if (bytes.length > ANSWER_BYTES_MAX) {
                throw new IOException("The answer is longer than " + ANSWER_BYTES_MAX + " bytes");
            }
            text = new String(bytes, StandardCharsets.UTF_8);
        }
        int status = exchange.status();
        if (status >= 200 && status < 300) {
            return text;
        }
        throw new CliException(status == 400 ? ExitCode.BAD_INPUT : ExitCode.FAILED, error(status, text));
    }

    private static ErrorView error(int status, String text) {
        try {
            return Json.MAPPER.readValue(text, ErrorView.class);
        } catch (JacksonException _) {
            String shown = text.length() > 200 ? text.substring(0, 200) + "..." : text;
            return new ErrorView("FAILED", "The agent answered with HTTP status " + status + ": " + shown, "", "");
        }
    }

    private CliException lost(IOException e) {
        return CliException.unreachable(
                "The agent at " + socket + " gave no complete answer within " + timeout.toSeconds() + " s: " + e,
                "What was asked for may have been done or not.",
                "Look with \"godwit list\", and at the agent's log (journalctl -u godwit-agent).");
    }

    private void closeLate(HttpExchange exchange) {
        try {
            Thread.sleep(timeout);
            exchange.close();
        } catch (InterruptedException _) {
            // The answer came in time.
            Thread.currentThread().interrupt();
        }
    }
}
