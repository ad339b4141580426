package io.godwit.agent.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

@Command(
        name = "version",
        description = "Prints the versions of Godwit and of the Java it runs on.",
        mixinStandardHelpOptions = true)
final class VersionCommand extends AgentCall {
    static final class Provider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Godwit " + godwitVersion(), "Java " + Runtime.version()};
        }
    }

    @Override
    public Integer call() {
        if (json()) {
            printJson(
                    Map.of("godwit", godwitVersion(), "java", Runtime.version().toString()));
        } else {
            for (String line : new Provider().getVersion()) {
                out().println(line);
            }
        }
        return ExitCode.OK;
    }

    private static String godwitVersion() {
        String version = Godwit.class.getPackage().getImplementationVersion();
        return version == null ? "(not built into a jar)" : version;
    }
}
