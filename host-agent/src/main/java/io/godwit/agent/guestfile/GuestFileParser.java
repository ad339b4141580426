package io.godwit.agent.guestfile;

import io.godwit.agent.guestfile.GuestFileLexer.Kind;
import io.godwit.agent.guestfile.GuestFileLexer.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes assignments of tokens: `name = value` and `name += value`, one a line or divided by semicolons. After a
/// mistake it goes on at the next line, so that the whole file is checked.
final class GuestFileParser {
    static final int ITEMS_MAX = 256;

    private final List<Token> tokens;
    private final Notes notes;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private int at;

    private GuestFileParser(List<Token> tokens, Notes notes) {
        this.tokens = tokens;
        this.notes = notes;
    }

    static Map<String, Value> parse(String text, Notes notes) {
        GuestFileParser parser = new GuestFileParser(GuestFileLexer.tokens(text, notes), notes);
        while (parser.peek().kind() != Kind.END_OF_FILE) {
            if (parser.peek().kind() == Kind.END_OF_LINE) {
                parser.at++;
            } else if (!parser.assignment()) {
                parser.skipLine();
            }
        }
        return parser.values;
    }

    private boolean assignment() {
        Token name = tokens.get(at++);
        if (name.kind() != Kind.NAME) {
            return expected(name, "a line of the form key = value");
        }
        Token sign = tokens.get(at++);
        if (sign.kind() != Kind.EQUALS && sign.kind() != Kind.PLUS_EQUALS) {
            return expected(sign, "= after " + name.text());
        }
        Value value = value("a string in quotes, a number or a list after " + name.text() + " =");
        if (value == null) {
            return false;
        }
        if (peek().kind() != Kind.END_OF_LINE) {
            return expected(
                    peek(),
                    "the end of the line after the value of " + name.text()
                            + " (a guest file is no Python program: nothing is computed)");
        }
        store(name, sign.kind() == Kind.PLUS_EQUALS, value);
        return true;
    }

    private void store(Token name, boolean append, Value value) {
        Value before = values.get(name.text());
        if (append && before != null) {
            if (before instanceof Value.Text(int line, String text) && value instanceof Value.Text more) {
                values.put(name.text(), new Value.Text(line, text + more.text()));
            } else if (before instanceof Value.Items(int line, List<Value> items)
                    && value instanceof Value.Items more) {
                List<Value> joined = new ArrayList<>(items);
                joined.addAll(more.items());
                values.put(name.text(), new Value.Items(line, joined));
            } else {
                notes.mistake(name.line(), name.text() + " += joins two strings or two lists, nothing else");
            }
            return;
        }
        if (before != null) {
            notes.warning(
                    name.line(), name.text() + " was already given in line " + before.line() + "; this one counts");
        }
        values.put(name.text(), value);
    }

    private @Nullable Value value(String wanted) {
        Token token = tokens.get(at++);
        return switch (token.kind()) {
            case STRING -> new Value.Text(token.line(), token.text());
            case NUMBER -> number(token);
            case OPEN -> items(token.line());
            case NAME, EQUALS, PLUS_EQUALS, CLOSE, COMMA, END_OF_LINE, END_OF_FILE, BAD -> {
                expected(token, wanted);
                yield null;
            }
        };
    }

    private @Nullable Value number(Token token) {
        try {
            // As in C, which xl's own parser follows: 0x10 and 010 are not ten.
            return new Value.Whole(token.line(), Long.decode(token.text()));
        } catch (NumberFormatException _) {
            notes.mistake(token.line(), "this is not a whole number: " + token.text());
            return null;
        }
    }

    private @Nullable Value items(int line) {
        List<Value> items = new ArrayList<>();
        while (true) {
            skipLineEnds();
            if (peek().kind() == Kind.CLOSE) {
                at++;
                return new Value.Items(line, items);
            }
            if (peek().kind() == Kind.OPEN) {
                notes.mistake(peek().line(), "a list within a list");
                return null;
            }
            Value item = value("a string in quotes or the ] that ends the list begun in line " + line);
            if (item == null) {
                return null;
            }
            if (items.size() >= ITEMS_MAX) {
                notes.mistake(item.line(), "a list of more than " + ITEMS_MAX);
                return null;
            }
            items.add(item);
            skipLineEnds();
            if (peek().kind() == Kind.COMMA) {
                at++;
            } else if (peek().kind() != Kind.CLOSE) {
                expected(peek(), "a comma, or the ] that ends the list begun in line " + line);
                return null;
            }
        }
    }

    private boolean expected(Token found, String wanted) {
        String shown = switch (found.kind()) {
            case END_OF_LINE -> "the end of the line";
            case END_OF_FILE -> "the end of the file";
            case STRING -> "a string";
            case NAME, NUMBER, EQUALS, PLUS_EQUALS, OPEN, CLOSE, COMMA -> found.text();
            case BAD -> null;
        };
        if (shown != null) {
            notes.mistake(found.line(), "expected " + wanted + ", found " + shown);
        }
        return false;
    }

    private void skipLine() {
        // The token that was not wanted may have been the line end itself.
        if (at > 0 && tokens.get(at - 1).kind() == Kind.END_OF_LINE) {
            return;
        }
        at = Math.min(at, tokens.size() - 1);
        while (peek().kind() != Kind.END_OF_LINE && peek().kind() != Kind.END_OF_FILE) {
            at++;
        }
    }

    private void skipLineEnds() {
        while (peek().kind() == Kind.END_OF_LINE) {
            at++;
        }
    }

    private Token peek() {
        return tokens.get(Math.min(at, tokens.size() - 1));
    }
}
