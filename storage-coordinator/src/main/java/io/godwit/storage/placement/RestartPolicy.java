package io.godwit.storage.placement;

import java.util.regex.Pattern;

/// What a guest's file asks of failover.
///
/// @param affinity      the group whose guests are best on one host; empty for none
/// @param antiAffinity  the group whose guests are best on different hosts; empty for none
/// @param priority      of two guests that wait to be restarted, the one with the higher is first
/// @param restarts      whether the guest is restarted elsewhere at all when its host dies
public record RestartPolicy(String affinity, String antiAffinity, int priority, boolean restarts) {
    /// Stands before what is made with it.
    private static final Pattern GROUP = Pattern.compile("([A-Za-z0-9][A-Za-z0-9_.-]{0,62})?");

    public static final int PRIORITY_MAX = 1_000;
    public static final int PRIORITY_DEFAULT = 100;
    public static final RestartPolicy DEFAULT = new RestartPolicy("", "", PRIORITY_DEFAULT, true);

    public RestartPolicy {
        if (!isGroup(affinity) || !isGroup(antiAffinity)) {
            throw new IllegalArgumentException(
                    "A group is not [A-Za-z0-9][A-Za-z0-9_.-]{0,62}: " + affinity + ", " + antiAffinity);
        }
        if (priority < 0 || priority > PRIORITY_MAX) {
            throw new IllegalArgumentException("A priority is not from 0 to " + PRIORITY_MAX + ": " + priority);
        }
    }

    /// Whether this can be a group's name, or is empty.
    public static boolean isGroup(String name) {
        return GROUP.matcher(name).matches();
    }
}
