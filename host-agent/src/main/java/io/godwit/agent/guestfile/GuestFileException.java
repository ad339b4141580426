package io.godwit.agent.guestfile;

import java.util.List;

/// A guest file cannot be used. The message holds every mistake, one a line.
public final class GuestFileException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> mistakes;

    GuestFileException(List<String> mistakes) {
        super(String.join("\n", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /// Each a sentence that begins with the file's name and the line.
    public List<String> mistakes() {
        return mistakes;
    }
}
