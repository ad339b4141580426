package io.godwit.agent.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/// Runs one command line within the test.
record Cli(int exitCode, String out, String err) {
    static Cli run(Path socket, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--agent", socket.toString()));
        all.addAll(List.of(arguments));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine = Godwit.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        int exitCode = commandLine.execute(all.toArray(new String[0]));
        return new Cli(exitCode, out.toString(), err.toString());
    }
}
