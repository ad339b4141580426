package io.godwit.agent.cli;

/// What the command line's exit status says.
final class ExitCode {
    static final int OK = 0;
    /// The operation was refused or failed; of `doctor`, that something fails.
    static final int FAILED = 1;
    /// Wrong options, or a file that cannot be used.
    static final int BAD_INPUT = 2;
    /// There is no agent to ask, or it went away while asked.
    static final int UNREACHABLE = 3;

    private ExitCode() {}
}
