package io.godwit.agent.cli;

import io.godwit.agent.api.CreateAnswer;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.guestfile.GuestFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        description = "Starts a guest on this host from a guest file in xl.cfg syntax.",
        mixinStandardHelpOptions = true)
final class CreateCommand extends AgentCall {
    @Parameters(paramLabel = "FILE", description = "The guest file, such as web1.cfg.")
    Path file = Path.of("");

    @Option(names = "--paused", description = "Create the guest but leave it paused.")
    boolean paused;

    @Option(
            names = "--dry-run",
            description = "Only say what is wrong with the file or would keep the guest from starting.")
    boolean dryRun;

    @Override
    public Integer call() throws CliException {
        CreateRequest request = new CreateRequest(file.toString(), text(), paused);
        String answer = client().request("POST", "/v1/guests" + (dryRun ? "?dryRun=true" : ""), request);
        CreateAnswer created = Json.read(answer, CreateAnswer.class);
        created.warnings().forEach(warning -> err().println("warning: " + Text.printable(warning)));
        if (json()) {
            out().println(Json.pretty(answer));
        } else if (dryRun) {
            out().println(Text.printable(created.guest().name() + " could be created; nothing was done"));
        } else {
            out().println(Text.printable(created.guest().name()
                    + (paused ? " is paused on " : " runs on ")
                    + created.guest().host()));
        }
        return ExitCode.OK;
    }

    private String text() throws CliException {
        try {
            if (Files.size(file) > 4L * GuestFile.TEXT_CHARS_MAX) {
                throw CliException.badInput("This is too large for a guest file: " + file, "");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw CliException.badInput("The guest file cannot be read: " + e, "");
        }
    }
}
