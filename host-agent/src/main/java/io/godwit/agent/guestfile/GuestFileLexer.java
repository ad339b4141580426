package io.godwit.agent.guestfile;

import java.util.ArrayList;
import java.util.List;

/// Splits a guest file into tokens. Comments vanish here; line ends stay, for outside a list they end an assignment.
final class GuestFileLexer {
    private static final int TOKENS_MAX = 10_000;
    private static final int STRING_CHARS_MAX = 4_096;

    enum Kind {
        NAME,
        STRING,
        NUMBER,
        EQUALS,
        PLUS_EQUALS,
        OPEN,
        CLOSE,
        COMMA,
        END_OF_LINE,
        END_OF_FILE,
        /// Something that no guest file holds; already reported.
        BAD
    }

    /// @param text  of a string, what stands between its quotes
    record Token(Kind kind, int line, String text) {}

    private final String text;
    private final Notes notes;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private int lastBadLine;

    private GuestFileLexer(String text, Notes notes) {
        this.text = text;
        this.notes = notes;
    }

    /// @return ends with END_OF_LINE and END_OF_FILE
    static List<Token> tokens(String text, Notes notes) {
        GuestFileLexer lexer = new GuestFileLexer(text, notes);
        while (lexer.at < text.length()) {
            if (lexer.tokens.size() >= TOKENS_MAX) {
                notes.mistake(lexer.line, "more than " + TOKENS_MAX + " words; the rest is not read");
                break;
            }
            lexer.next();
        }
        lexer.add(Kind.END_OF_LINE, "");
        lexer.add(Kind.END_OF_FILE, "");
        return lexer.tokens;
    }

    private void next() {
        char c = text.charAt(at);
        switch (c) {
            case ' ', '\t', '\r', '\f' -> at++;
            case '\n' -> {
                single(Kind.END_OF_LINE, c);
                line++;
            }
            case ';' -> single(Kind.END_OF_LINE, c);
            case '#' -> skipComment();
            case '=' -> single(Kind.EQUALS, c);
            case '[' -> single(Kind.OPEN, c);
            case ']' -> single(Kind.CLOSE, c);
            case ',' -> single(Kind.COMMA, c);
            case '"', '\'' -> string(c);
            default -> word(c);
        }
    }

    private void word(char c) {
        if (c == '\\' && at + 1 < text.length() && (text.charAt(at + 1) == '\n' || text.charAt(at + 1) == '\r')) {
            joinLines();
        } else if (text.startsWith("+=", at)) {
            add(Kind.PLUS_EQUALS, "+=");
            at += 2;
        } else if (isNameStart(c)) {
            take(Kind.NAME, "_.-");
        } else if (isDigit(c) || (c == '-' && at + 1 < text.length() && isDigit(text.charAt(at + 1)))) {
            take(Kind.NUMBER, "_.");
        } else {
            // One complaint a line is enough: the rest of it is hardly any better.
            if (lastBadLine != line) {
                notes.mistake(line, "this character does not belong here: " + printable(c));
            }
            lastBadLine = line;
            single(Kind.BAD, c);
        }
    }

    private void joinLines() {
        at = text.indexOf('\n', at);
        at = at < 0 ? text.length() : at + 1;
        line++;
    }

    private void take(Kind kind, String alsoInside) {
        int start = at;
        at++;
        while (at < text.length() && (isNamePart(text.charAt(at)) || alsoInside.indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        add(kind, text.substring(start, at));
    }

    private void string(char quote) {
        // Python's long strings are how a few old files write empty values and long comments.
        String mark = String.valueOf(quote).repeat(3);
        if (text.startsWith(mark, at)) {
            int end = text.indexOf(mark, at + 3);
            if (end < 0) {
                notes.mistake(line, "this string of three quotes does not end");
                at = text.length();
                return;
            }
            addString(text.substring(at + 3, end));
            line += (int) text.substring(at, end).chars().filter(c -> c == '\n').count();
            at = end + 3;
            return;
        }
        int end = at + 1;
        while (end < text.length() && text.charAt(end) != quote && text.charAt(end) != '\n') {
            end++;
        }
        if (end >= text.length() || text.charAt(end) == '\n') {
            notes.mistake(line, "this string does not end on its line; expected a closing " + quote);
            add(Kind.BAD, "");
            at = end;
            return;
        }
        addString(text.substring(at + 1, end));
        at = end + 1;
    }

    private void addString(String content) {
        if (content.length() > STRING_CHARS_MAX) {
            notes.mistake(line, "a string longer than " + STRING_CHARS_MAX + " characters");
            add(Kind.BAD, "");
        } else {
            add(Kind.STRING, content);
        }
    }

    private void skipComment() {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
    }

    private void single(Kind kind, char c) {
        add(kind, String.valueOf(c));
        at++;
    }

    private void add(Kind kind, String content) {
        tokens.add(new Token(kind, line, content));
    }

    private static boolean isNameStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(char c) {
        return isNameStart(c) || isDigit(c);
    }

    private static String printable(char c) {
        return c > ' ' && c < 0x7f ? String.valueOf(c) : String.format(java.util.Locale.ROOT, "U+%04X", (int) c);
    }
}
