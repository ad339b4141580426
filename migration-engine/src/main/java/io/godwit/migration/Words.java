package io.godwit.migration;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// Choices as the command line and the configuration write them: in lower case, with hyphens.
final class Words {
    private static final int SHOWN_MAX = 40;

    private Words() {}

    static String of(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// @throws IllegalArgumentException with the words there are, if this is none of them
    static <E extends Enum<E>> E parse(E[] choices, String word) {
        for (E choice : choices) {
            if (of(choice).equals(word)) {
                return choice;
            }
        }
        String shown = word.length() > SHOWN_MAX ? word.substring(0, SHOWN_MAX) + "..." : word;
        throw new IllegalArgumentException(
                "not one of " + Arrays.stream(choices).map(Words::of).collect(Collectors.joining(", ")) + ": " + shown);
    }
}
