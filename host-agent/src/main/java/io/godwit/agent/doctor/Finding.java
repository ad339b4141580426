package io.godwit.agent.doctor;

/// What one check has found.
///
/// @param name    what was looked at, in a word or two
/// @param detail  what was found
/// @param remedy  what to do about it; empty if all is well
public record Finding(String name, Level level, String detail, String remedy) {

    public enum Level {
        OK,
        /// Godwit works, but not as well or as safely as it could.
        WARN,
        /// Godwit does not work until this is mended.
        FAIL
    }

    static Finding ok(String name, String detail) {
        return new Finding(name, Level.OK, detail, "");
    }

    static Finding warn(String name, String detail, String remedy) {
        return new Finding(name, Level.WARN, detail, remedy);
    }

    static Finding fail(String name, String detail, String remedy) {
        return new Finding(name, Level.FAIL, detail, remedy);
    }
}
