package io.godwit.agent.api;

import java.util.List;

/// @param warnings  keys of the guest file that mean nothing to Godwit, and addresses that others answer for
public record CreateAnswer(GuestView guest, List<String> warnings) {
    public CreateAnswer {
        warnings = List.copyOf(warnings);
    }
}
