package io.godwit.chaos.lab;

/// The lab itself could not do what it was asked to. The message is a sentence for whoever runs it.
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LabException(String message) {
        super(message);
    }

    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
