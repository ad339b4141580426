package io.godwit.agent.cli;

import io.godwit.agent.api.ErrorView;

/// A command has come to nothing, and this is what to tell.
final class CliException extends Exception {
    private static final long serialVersionUID = 1;

    private final int exitCode;
    private final transient ErrorView error;

    CliException(int exitCode, ErrorView error) {
        super(error.message());
        this.exitCode = exitCode;
        this.error = error;
    }

    static CliException badInput(String message, String hint) {
        return new CliException(ExitCode.BAD_INPUT, new ErrorView("BAD_REQUEST", message, "", hint));
    }

    static CliException failed(String message, String hint) {
        return new CliException(ExitCode.FAILED, new ErrorView("FAILED", message, "", hint));
    }

    static CliException unreachable(String message, String state, String hint) {
        return new CliException(ExitCode.UNREACHABLE, new ErrorView("UNREACHABLE", message, state, hint));
    }

    int exitCode() {
        return exitCode;
    }

    ErrorView error() {
        return error;
    }
}
