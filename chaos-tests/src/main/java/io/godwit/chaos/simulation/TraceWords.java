package io.godwit.chaos.simulation;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Makes the text of a record short enough to read many of them below each other.
final class TraceWords {
    private static final Pattern UUID = Pattern.compile("\\b([0-9a-f]{4})[0-9a-f]{4}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\b");
    private static final Pattern OWNER = Pattern.compile("(?:OwnerContent\\[record=)?"
            + "OwnerRecord\\[host=(\\w+), bootId=[^,]*, epoch=(\\d+), state=(\\w+)(?:\\[target=(\\w+), migration=(\\w+)])?"
            + "](?:, cause=\\w+])?");
    private static final Pattern EMPTY = Pattern.compile("\\[]");

    private TraceWords() {}

    /// @return `Handover(h1 to h2 by 1f3a, epoch 4)` for the record of an owner, `1f3a` for an identifier
    static String of(Object detail) {
        String text =
                EMPTY.matcher(UUID.matcher(detail.toString()).replaceAll("$1")).replaceAll("");
        return OWNER.matcher(text).replaceAll(TraceWords::owner);
    }

    private static String owner(MatchResult found) {
        String target = found.group(4) == null ? "" : " to " + found.group(4) + " by " + found.group(5);
        return Matcher.quoteReplacement(
                found.group(3) + "(" + found.group(1) + target + ", epoch " + found.group(2) + ")");
    }
}
