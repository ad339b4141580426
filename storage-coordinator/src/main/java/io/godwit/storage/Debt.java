package io.godwit.storage;

/// That the cluster owes a guest a restart: `/godwit/guests/<guest>/failover`. It is written together with what
/// makes the debt, and goes when the guest runs, or when its operator creates, stops or destroys it.
///
/// @param attempts   starts that were begun so far
/// @param lastError  why the guest does not run yet; empty if nothing has failed
/// @param gaveUp     why nobody tries any more; empty as long as somebody does
public record Debt(int attempts, String lastError, String gaveUp) {
    /// Of each of the two texts; longer ones are cut.
    public static final int TEXT_LENGTH_MAX = 2_000;

    public static final int ATTEMPTS_MAX = 1_000_000;

    public static final Debt NONE_TRIED = new Debt(0, "", "");

    public Debt {
        if (attempts < 0 || attempts > ATTEMPTS_MAX) {
            throw new IllegalArgumentException("A number of attempts is out of range: " + attempts);
        }
        lastError = cut(lastError);
        gaveUp = cut(gaveUp);
    }

    public boolean abandoned() {
        return !gaveUp.isEmpty();
    }

    /// One more start is begun.
    public Debt tried() {
        return new Debt(Math.min(ATTEMPTS_MAX, attempts + 1), lastError, "");
    }

    public Debt failed(String error) {
        return new Debt(attempts, error, "");
    }

    public Debt givenUp(String reason) {
        return new Debt(attempts, lastError, reason);
    }

    private static String cut(String text) {
        return text.length() <= TEXT_LENGTH_MAX ? text : text.substring(0, TEXT_LENGTH_MAX - 3) + "...";
    }
}
