package io.godwit.agent.api;

import java.util.List;

/// @param warnings  about the guest file: keys that mean nothing to Godwit
public record CreateAnswer(GuestView guest, List<String> warnings) {
    public CreateAnswer {
        warnings = List.copyOf(warnings);
    }
}
