package io.godwit.chaos.lab;

import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// One host of the lab: a namespace, an agent, folders.
public final class LabHost {
    private static final String GUARD_CLASS = "io.godwit.agent.guard.Guard";
    private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(2);
    static final int API_PORT = 7070;
    static final int MIGRATION_PORT = 7071;

    private final LabSettings settings;
    private final LabPaths paths;
    private final LabNetwork network;
    private final int number;
    private final AgentSocket api;

    LabHost(LabSettings settings, LabPaths paths, LabNetwork network, int number) {
        this.settings = settings;
        this.paths = paths;
        this.network = network;
        this.number = number;
        this.api = new AgentSocket(folder().resolve("agent.sock"));
    }

    /// `h1`, `h2` ...
    public String name() {
        return "h" + number;
    }

    public int number() {
        return number;
    }

    public Namespace namespace() {
        return network.host(number);
    }

    public Path folder() {
        return paths.run().resolve(name());
    }

    public Path configuration() {
        return folder().resolve("agent.yaml");
    }

    public Path runDirectory() {
        return folder().resolve("run");
    }

    public Path ramDirectory() {
        return paths.memory().resolve(name());
    }

    public Path socket() {
        return api.path();
    }

    /// Writes the agent's configuration as the lab's settings say; good for its next start.
    public void writeConfiguration() {
        try {
            Files.createDirectories(runDirectory());
            Files.createDirectories(ramDirectory());
            Files.writeString(
                    configuration(), new AgentFile(settings, paths).text(name(), network.agentAddress(number), this));
        } catch (IOException e) {
            throw new LabException("Agent's configuration cannot be written: " + configuration(), e);
        }
    }

    /// Replaces one line of the agent's configuration; good for its next start.
    ///
    /// @param begin of the line to be replaced, its indentation included
    public void configure(String begin, String line) {
        try {
            List<String> lines = Files.readAllLines(configuration()).stream()
                    .map(old -> old.startsWith(begin) ? line : old)
                    .toList();
            if (!lines.contains(line)) {
                throw new LabException("Agent's configuration has no line that begins with: " + begin);
            }
            Files.write(configuration(), lines);
        } catch (IOException e) {
            throw new LabException("Agent's configuration cannot be changed: " + configuration(), e);
        }
    }

    /// Runs the command line against this host's agent, as its operator would.
    public Command.Result cli(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(settings.repository().resolve("godwit").toString(), "--agent", socket().toString()));
        command.addAll(List.of(arguments));
        return Command.run(command, COMMAND_TIMEOUT);
    }

    /// Asks this host's agent directly.
    ///
    /// @throws LabException if it does not answer, or not with 2xx
    public JsonNode get(String path) {
        return api.get(path);
    }

    /// What its agent measures of itself, as Prometheus reads it.
    ///
    /// @throws LabException if it does not answer within 3 s
    public String metrics() {
        return api.text("/metrics", Duration.ofSeconds(3));
    }

    /// Follows a stream of its agent's events, such as that of a migration, until one of this name comes.
    ///
    /// @return false if the stream ended before, or did not bring it in time
    public boolean awaitEvent(String path, String event, Duration timeout) {
        return api.awaitEvent(path, event, timeout);
    }

    /// Makes a request of this host's agent that changes something. As [#get] otherwise.
    ///
    /// @param body ASCII; empty for none
    public JsonNode request(String method, String path, String body) {
        return api.request(method, path, body);
    }

    /// As [#request], but gives up after a time: a frozen agent accepts connections and never answers.
    public JsonNode request(String method, String path, String body, Duration timeout) {
        return api.request(method, path, body, timeout);
    }

    /// Starts the agent and waits until it answers.
    public void startAgent() {
        launchAgent();
        awaitAgent(Duration.ofSeconds(60));
    }

    /// Starts the agent and returns at once.
    public void launchAgent() {
        launchAgent(List.of(
                settings.repository().resolve("godwit").toString(),
                "agent",
                "--config",
                configuration().toString()));
    }

    /// Starts something else in the agent's place, such as an agent with a planted fault.
    public void launchAgent(List<String> program) {
        Daemon.start(
                namespace(),
                Map.of("GODWIT_AGENT_OPTS", "-XX:+UseSerialGC -Xmx" + settings.agentHeapMiB() + "m"),
                pidFile(),
                folder().resolve("agent.log"),
                ProcessorTime.wrap(program));
    }

    public void awaitAgent(Duration timeout) {
        Daemon.await("Start of the agent of " + name(), timeout, () -> {
            if (!agentAlive()) {
                throw new LabException("Agent of " + name() + " has ended:\n" + agentLog());
            }
            return api.answers();
        });
    }

    /// Whether it answers requests, and that within 3 s.
    public boolean agentAnswers() {
        return api.answers(Duration.ofSeconds(3));
    }

    /// Everything the agent has said.
    public Path agentLogFile() {
        return folder().resolve("agent.log");
    }

    public boolean agentAlive() {
        return Daemon.find(namespace(), pidFile()) != null;
    }

    /// 0 if it does not run.
    public long agentPid() {
        ProcessHandle agent = Daemon.find(namespace(), pidFile());
        return agent == null ? 0 : agent.pid();
    }

    /// Kills the agent as a crash would; its guests run on. Idempotent.
    public void killAgent() {
        Daemon.kill(namespace(), pidFile());
    }

    /// Sends a signal to the agent; does nothing if it does not run.
    public void signalAgent(LinuxProcess.Signal signal) {
        Daemon.signal(namespace(), pidFile(), signal);
    }

    /// Sends a signal to the processes in this host's namespace that run the guard; there should be one.
    ///
    /// @return how many there were
    public int signalGuard(LinuxProcess.Signal signal) {
        List<Long> guards = namespace().processes().stream()
                .filter(pid -> commandLine(pid).contains(GUARD_CLASS))
                .toList();
        guards.forEach(pid -> Daemon.signal(pid, signal));
        return guards.size();
    }

    /// Takes the power away: the cable is dead first, so that nobody hears the kernel close connections; then
    /// every process is killed, and what stands in memory is gone. Shared images stay.
    public void losePower() {
        network.uplink(number, false);
        // Whoever could start something goes first.
        signalAgent(LinuxProcess.Signal.KILL);
        Daemon.await("End of all processes of " + name(), Duration.ofSeconds(20), () -> {
            List<Long> left = namespace().processes();
            left.forEach(pid -> Daemon.signal(pid, LinuxProcess.Signal.KILL));
            return left.isEmpty();
        });
        namespace().taps().forEach(tap -> namespace().ip("link", "del", tap));
        Folders.empty(runDirectory());
        Folders.empty(ramDirectory());
    }

    /// Gives the power back. The agent is started by whoever starts agents.
    public void regainPower() {
        network.uplink(number, true);
    }

    /// The processes of this host's guests: each QEMU in its namespace.
    public List<Long> guestProcesses() {
        return namespace().processes().stream()
                .filter(pid -> program(pid).contains("qemu-system"))
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
        } catch (IOException e) {
            // It has ended since the list was made.
            return "";
        }
    }

    /// The process that serves images on this host, if it does.
    public List<Long> storageProcesses() {
        return namespace().processes().stream()
                .filter(pid -> program(pid).contains("qemu-storage-daemon"))
                .toList();
    }

    /// Whether it is a guest's QEMU or serves images: nobody else opens them.
    static boolean opensImages(long pid) {
        String program = program(pid);
        return program.contains("qemu-system") || program.contains("qemu-storage-daemon");
    }

    private static String program(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/exe")).toString();
        } catch (IOException e) {
            // It has ended since the list was made.
            return "";
        }
    }

    /// What guests have left in this host's folders, the agent's own socket and configuration not counted.
    public List<String> guestFiles() {
        List<String> files = new ArrayList<>(Folders.files(ramDirectory()));
        files.addAll(Folders.files(runDirectory()));
        return files;
    }

    public String agentLog() {
        return Daemon.tail(folder().resolve("agent.log"));
    }

    private Path pidFile() {
        return folder().resolve("agent.pid");
    }
}
