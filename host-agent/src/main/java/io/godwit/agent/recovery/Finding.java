package io.godwit.agent.recovery;

import java.util.Locale;

/// What is known of one host when a guest is to be recovered.
///
/// @param host the host's name
/// @param what what it has of the guest
public record Finding(String host, What what) {

    /// What a host has of a guest, if that is known.
    public sealed interface What {
        /// The host's agent does not answer, so the host may have anything.
        record Silent(String reason) implements What {}

        /// The agent is doing something with the guest just now.
        record Busy(String doing) implements What {}

        /// Nothing, or only files and taps.
        record NoProcess(boolean leftovers) implements What {}

        /// A process that does not answer.
        record Mute() implements What {}

        /// A process that answers.
        ///
        /// @param epoch          in which the agent believes the guest to be its own; 0 if it does not
        /// @param pausedInEpoch  in which its operator paused it there; 0 if nobody did
        record Live(State state, long epoch, long pausedInEpoch) implements What {}
    }

    /// What the guest does in its process.
    public enum State {
        RUNNING,
        PAUSED,
        INCOMING,
        ENDED
    }

    /// The word the API has for it.
    public static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
