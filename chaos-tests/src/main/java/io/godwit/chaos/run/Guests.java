package io.godwit.chaos.run;

import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Starts and ends guests over an agent's socket.
final class Guests {
    private Guests() {}

    /// @throws LabException if the agent refuses, with its reasons
    static void create(Lab lab, GuestFile guest, LabHost host, Duration timeout) {
        Path file = lab.write(guest);
        try {
            String body = JsonMapper.shared()
                    .writeValueAsString(
                            Map.of("fileName", file.toString(), "text", Files.readString(file), "paused", false));
            host.request("POST", "/v1/guests", body, timeout);
        } catch (IOException e) {
            throw new LabException("Guest file cannot be read: " + file, e);
        }
    }

    static void destroy(GuestFile guest, LabHost host, Duration timeout) {
        host.request("DELETE", "/v1/guests/" + guest.name(), "", timeout);
    }
}
