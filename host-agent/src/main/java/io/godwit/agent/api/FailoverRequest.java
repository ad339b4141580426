package io.godwit.agent.api;

/// @param by who turns the switch, in an operator's words: at most 100 characters
public record FailoverRequest(boolean on, String by) {
    public static final int BY_LENGTH_MAX = 100;
}
