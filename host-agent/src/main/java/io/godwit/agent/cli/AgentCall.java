package io.godwit.agent.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// What all commands share: the global options, and where to print.
abstract class AgentCall implements Callable<Integer> {
    /// Starting a guest, or destroying one that does not want to, takes some seconds; nothing takes longer.
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(90);

    @ParentCommand
    @Nullable
    Godwit godwit;

    @Spec
    @Nullable
    CommandSpec spec;

    final AgentClient client() {
        return new AgentClient(Objects.requireNonNull(godwit).agent, ANSWER_TIMEOUT);
    }

    final boolean json() {
        return Objects.requireNonNull(godwit).json;
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }

    final void printJson(Object value) {
        out().println(Json.MAPPER.writeValueAsString(value));
    }
}
