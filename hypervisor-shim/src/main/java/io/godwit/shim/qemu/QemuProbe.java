package io.godwit.shim.qemu;

import io.godwit.shim.Hypervisor.Capabilities;
import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Asks a QEMU without a machine what it can do.
final class QemuProbe {
    /// The default model: the first of these that the accelerator offers whole.
    ///
    /// `max` and `host` mean something else with each QEMU and each processor, so a guest could not move. A named
    /// model is the same everywhere. Nehalem is the oldest that has all of x86-64-v2, which current distributions
    /// ask for, and the newest that TCG emulates completely.
    private static final List<String> DEFAULT_MODELS = List.of("Nehalem", "qemu64");

    private static final int ANSWERS = 5;
    private static final int ERROR_BYTES_MAX = 4 << 10;
    private static final String QUESTIONS = """
            {"execute":"qmp_capabilities","id":0}
            {"execute":"query-version","id":1}
            {"execute":"query-machines","id":2}
            {"execute":"query-cpu-definitions","id":3}
            {"execute":"quit","id":4}
            """;

    private QemuProbe() {}

    /// @param accelerator `kvm` or `tcg`
    static Capabilities run(Path binary, String accelerator, Duration timeout) throws HypervisorException {
        List<String> command = List.of(
                binary.toString(),
                "-no-user-config",
                "-nodefaults",
                "-machine",
                "none,accel=" + accelerator,
                "-display",
                "none",
                "-S",
                "-qmp",
                "stdio");
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new HypervisorException("Could not start QEMU: " + binary + ": " + e.getMessage(), e);
        }
        try {
            CompletableFuture<String> errors = background(
                    () -> new String(process.getErrorStream().readNBytes(ERROR_BYTES_MAX), StandardCharsets.UTF_8));
            CompletableFuture<Map<Integer, JsonNode>> answers = background(() -> converse(process));
            Map<Integer, JsonNode> found = Waiting.on(answers, timeout, "what QEMU can do: " + binary);
            if (found.size() < ANSWERS) {
                String said = Waiting.on(errors, timeout, "QEMU's last words: " + binary)
                        .strip();
                throw new HypervisorException("QEMU did not say what it can do: " + binary + ": " + said);
            }
            return capabilities(found, accelerator);
        } finally {
            process.destroyForcibly();
        }
    }

    static Capabilities capabilities(Map<Integer, JsonNode> answers, String accelerator) throws HypervisorException {
        JsonNode version = result(answers, 1).path("qemu");
        List<String> machineTypes = new ArrayList<>();
        String defaultMachine = null;
        for (JsonNode machine : result(answers, 2)) {
            String name = machine.path("name").asString("");
            if (name.startsWith("pc-q35-") && !machine.path("deprecated").asBoolean(false)) {
                machineTypes.add(name);
                if (machine.path("alias").asString("").equals("q35")) {
                    defaultMachine = name;
                }
            }
        }
        List<String> cpuModels = new ArrayList<>();
        for (JsonNode model : result(answers, 3)) {
            if (usable(model, accelerator)) {
                cpuModels.add(model.path("name").asString(""));
            }
        }
        String defaultModel =
                DEFAULT_MODELS.stream().filter(cpuModels::contains).findFirst().orElse(null);
        if (defaultMachine == null || defaultModel == null) {
            throw new HypervisorException("QEMU has no q35 machine or none of the CPU models " + DEFAULT_MODELS
                    + " with accelerator " + accelerator);
        }
        machineTypes.sort(null);
        cpuModels.sort(null);
        return new Capabilities(
                "QEMU " + version.path("major").asInt(0) + "."
                        + version.path("minor").asInt(0) + "."
                        + version.path("micro").asInt(0),
                machineTypes,
                cpuModels,
                accelerator,
                defaultMachine,
                defaultModel);
    }

    private static boolean usable(JsonNode model, String accelerator) {
        boolean whole = model.path("unavailable-features").isEmpty();
        boolean host = model.path("name").asString("").equals("host");
        return whole
                && (host
                        ? accelerator.equals("kvm")
                        : model.path("migration-safe").asBoolean(false));
    }

    private static JsonNode result(Map<Integer, JsonNode> answers, int id) {
        JsonNode answer = answers.get(id);
        return answer == null ? Json.MAPPER.missingNode() : answer.path("return");
    }

    private static Map<Integer, JsonNode> converse(Process process) throws IOException {
        try (OutputStream to = process.getOutputStream()) {
            to.write(QUESTIONS.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // QEMU ended before it read everything; its error stream tells why.
            return Map.of();
        }
        Map<Integer, JsonNode> answers = new HashMap<>();
        try (InputStream from = process.getInputStream()) {
            LineReader lines = new LineReader(Channels.newChannel(from), QmpClient.LINE_BYTES_MAX);
            String line = lines.next();
            while (line != null && answers.size() < ANSWERS) {
                JsonNode message = Json.read(line);
                if (message.path("id").isInt()) {
                    answers.put(message.path("id").asInt(), message);
                }
                line = lines.next();
            }
        } catch (JacksonException e) {
            throw new IOException("QEMU's answer is no JSON", e);
        }
        return answers;
    }

    private static <T> CompletableFuture<T> background(IoCall<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().name("godwit-qemu-probe").start(() -> {
            try {
                result.complete(call.run());
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private interface IoCall<T> {
        T run() throws IOException;
    }
}
