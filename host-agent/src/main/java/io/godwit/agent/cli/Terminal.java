package io.godwit.agent.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The terminal this program was started from, if it was; `stty` does what Java cannot.
final class Terminal {
    private static final int COLUMNS_DEFAULT = 80;
    private static final int COLUMNS_MIN = 40;
    private static final File TTY = new File("/dev/tty");

    private Terminal() {}

    /// @param descriptor  0, 1 or 2
    static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException _) {
            return false;
        }
    }

    static int columns() {
        try {
            String[] size = stty("size").split(" ", -1);
            int columns = size.length == 2 ? Integer.parseInt(size[1]) : 0;
            // A terminal that nobody gave a size says 0.
            return columns <= 0 ? COLUMNS_DEFAULT : Math.max(COLUMNS_MIN, columns);
        } catch (IOException | NumberFormatException _) {
            return COLUMNS_DEFAULT;
        }
    }

    /// Passes every key on at once, Ctrl-C too, until closed; also if the program is ended from outside.
    static Raw raw() throws IOException {
        String before = stty("-g");
        Thread restore = new Thread(() -> restore(before), "restore-terminal");
        Runtime.getRuntime().addShutdownHook(restore);
        stty("raw", "-echo");
        return () -> {
            restore(before);
            forget(restore);
        };
    }

    @FunctionalInterface
    interface Raw extends AutoCloseable {
        Raw NONE = () -> {};

        @Override
        void close();
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The program is ending, and the hook does its work once more.
        }
    }

    private static void restore(String before) {
        try {
            stty(before);
        } catch (IOException _) {
            // The terminal is gone, or "stty sane" is up to its user.
        }
    }

    private static String stty(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(TTY))
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(process.getInputStream().readNBytes(4096), StandardCharsets.US_ASCII).strip();
            if (process.waitFor() != 0) {
                throw new IOException("stty failed: " + output);
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while stty ran", e);
        }
    }
}
