package io.godwit.agent.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.godwit.agent.migrations.Departure;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A migration as a stream of server-sent events: `progress`s, then one `report`.
final class MigrationEvents {
    private static final long INTERVAL_MS = 150;

    /// A client that takes nothing for so long is let go; it may ask again.
    private static final long CLIENT_WAIT_MS = 30_000;

    private MigrationEvents() {}

    static HttpResponse stream(ServiceRequestContext context, Departure departure, ExecutorService threads) {
        context.clearRequestTimeout();
        HttpResponseWriter writer = HttpResponse.streaming();
        threads.execute(() -> write(writer, departure));
        return writer;
    }

    private static void write(HttpResponseWriter writer, Departure departure) {
        try {
            writer.write(ResponseHeaders.builder(HttpStatus.OK)
                    .contentType(MediaType.EVENT_STREAM)
                    .add(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                    .build());
            boolean open = send(writer, "progress", departure.migration().progress());
            while (open && !ended(departure)) {
                open = send(writer, "progress", departure.migration().progress());
            }
            if (open) {
                send(writer, "report", departure.ended().resultNow());
            }
            writer.close();
        } catch (InterruptedException e) {
            // The agent stops: the client sees the stream end without a report.
            writer.close();
            Thread.currentThread().interrupt();
        } catch (RuntimeException | ExecutionException e) {
            writer.close(e);
        }
    }

    private static boolean ended(Departure departure) throws InterruptedException, ExecutionException {
        try {
            departure.ended().get(INTERVAL_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /// Waits until the client has taken the event, so that a slow one cannot make them pile up.
    ///
    /// @return false if the client is gone
    private static boolean send(HttpResponseWriter writer, String event, Object value)
            throws InterruptedException, ExecutionException {
        String text = "event: " + event + "\ndata: " + Json.ANSWERS.writeValueAsString(value) + "\n\n";
        if (!writer.tryWrite(HttpData.ofUtf8(text))) {
            return false;
        }
        try {
            writer.whenConsumed().get(CLIENT_WAIT_MS, TimeUnit.MILLISECONDS);
            return writer.isOpen();
        } catch (TimeoutException e) {
            return false;
        }
    }
}
