package io.godwit.migration.protocol;

import java.security.SecureRandom;

/// Binds data connections to their control connection: 128 random bits, given out by the target.
public record Token(long high, long low) {
    /// What a connection carries that has no token yet. Never given out.
    public static final Token NONE = new Token(0, 0);

    public static Token random(SecureRandom random) {
        Token token;
        do {
            token = new Token(random.nextLong(), random.nextLong());
        } while (token.equals(NONE));
        return token;
    }

    /// A token is a secret as long as its session lives.
    @Override
    public String toString() {
        return equals(NONE) ? "Token[none]" : "Token[...]";
    }
}
