package io.godwit.agent.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/// Whether it is the whole host that is going down, and not only its agent.
final class HostShutdown {
    private static final long ANSWER_MS_MAX = 2_000;

    private HostShutdown() {}

    /// @return false also where there is no systemd to ask
    static boolean underway() throws InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("systemctl", "is-system-running")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            return false;
        }
        try {
            process.getOutputStream().close();
            if (!process.waitFor(ANSWER_MS_MAX, TimeUnit.MILLISECONDS)) {
                return false;
            }
            // A word and a line's end: it fits into the pipe, so the process could end before this.
            String answer = new String(process.getInputStream().readNBytes(64), StandardCharsets.US_ASCII);
            return answer.strip().equals("stopping");
        } catch (IOException e) {
            return false;
        } finally {
            process.destroyForcibly();
        }
    }
}
