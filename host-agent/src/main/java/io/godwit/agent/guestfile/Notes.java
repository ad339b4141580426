package io.godwit.agent.guestfile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What there is to say about one guest file, with lines.
final class Notes {
    private static final int NOTES_MAX = 100;

    private record Note(int line, String text) {}

    private final String fileName;
    private final List<Note> mistakes = new ArrayList<>();
    private final List<Note> warnings = new ArrayList<>();

    Notes(String fileName) {
        this.fileName = fileName;
    }

    /// @param line  0 where no line is to blame, as for a key that is missing
    void mistake(int line, String text) {
        add(mistakes, line, text);
    }

    void warning(int line, String text) {
        add(warnings, line, text);
    }

    List<String> mistakes() {
        return sorted(mistakes);
    }

    List<String> warnings() {
        return sorted(warnings);
    }

    private static void add(List<Note> notes, int line, String text) {
        if (notes.size() < NOTES_MAX) {
            notes.add(new Note(line, text));
        }
    }

    private List<String> sorted(List<Note> notes) {
        return notes.stream()
                .sorted(Comparator.comparingInt(Note::line))
                .map(note -> fileName + (note.line() > 0 ? ":" + note.line() : "") + ": " + note.text())
                .toList();
    }
}
