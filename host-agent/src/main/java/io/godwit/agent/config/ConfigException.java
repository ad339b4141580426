package io.godwit.agent.config;

import java.util.List;

/// The configuration file cannot be used. The message holds every mistake, one a line.
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> mistakes;

    public ConfigException(List<String> mistakes) {
        super(String.join("\n", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /// Each a sentence with the file, the line where there is one, and the key.
    public List<String> mistakes() {
        return mistakes;
    }
}
