package io.godwit.migration.precopy;

import org.jspecify.annotations.Nullable;

/// Turns what was thrown into a sentence for the operator.
final class Reasons {
    private Reasons() {}

    static String of(@Nullable Throwable failure) {
        if (failure == null) {
            return "for no reason given";
        }
        String message = failure.getMessage();
        String sentence = message == null || message.isBlank() ? failure.toString() : message;
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }
}
