package io.godwit.agent.guests;

import io.godwit.storage.OwnershipException;

/// A request was refused or failed. The message is a sentence for the operator, or several, one a line.
public final class AgentException extends Exception {
    private static final long serialVersionUID = 1L;

    /// What kind of failure; the names are those of `ErrorView.code`.
    public enum Code {
        /// The request itself is wrong, whatever the state of things.
        BAD_REQUEST,
        /// There is no such guest, host or migration.
        NOT_FOUND,
        /// The guest is in a state in which this cannot be done, or exists already.
        CONFLICT,
        /// Something speaks against it that has to be mended first.
        REFUSED,
        /// ZooKeeper or another host does not answer: try again later.
        UNAVAILABLE,
        /// It was tried and failed.
        FAILED
    }

    private final Code code;
    private final String state;
    private final String hint;

    /// @param state what state the guest is in now; empty if no guest is concerned
    /// @param hint  what to do next; may be empty
    public AgentException(Code code, String message, String state, String hint) {
        super(message);
        this.code = code;
        this.state = state;
        this.hint = hint;
    }

    /// As the other, keeping the cause for the log.
    public AgentException(Code code, String message, String state, String hint, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.state = state;
        this.hint = hint;
    }

    /// What a failure of the records means to whoever made the request.
    public static AgentException of(OwnershipException failure, String state) {
        return switch (failure.kind()) {
            case REFUSED -> new AgentException(Code.CONFLICT, words(failure), state, "", failure);
            case UNKNOWN -> new AgentException(Code.NOT_FOUND, words(failure), state, "", failure);
            case UNDECIDED ->
                new AgentException(
                        Code.UNAVAILABLE,
                        words(failure),
                        state,
                        "Check that ZooKeeper runs and has a quorum, then try again.",
                        failure);
        };
    }

    /// What a failure says, or what it is if it says nothing.
    public static String words(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    public Code code() {
        return code;
    }

    public String state() {
        return state;
    }

    public String hint() {
        return hint;
    }

    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }
}
