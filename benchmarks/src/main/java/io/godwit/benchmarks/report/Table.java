package io.godwit.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/// A Markdown table that is also legible on a terminal: words to the left, figures to the right.
final class Table {
    private final List<List<String>> rows = new ArrayList<>();
    private final int wordColumns;

    /// @param wordColumns so many columns from the left hold words
    Table(int wordColumns, String... head) {
        this.wordColumns = wordColumns;
        rows.add(List.of(head));
    }

    void add(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException("A row has not as many cells as the table's head: " + List.of(cells));
        }
        rows.add(List.of(cells));
    }

    @Override
    public String toString() {
        int[] widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int column = 0; column < widths.length; column++) {
                widths[column] =
                        Math.max(widths[column], escape(row.get(column)).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < rows.size(); index++) {
            line(text, rows.get(index), widths);
            if (index == 0) {
                rule(text, widths);
            }
        }
        return text.toString();
    }

    private void line(StringBuilder text, List<String> row, int[] widths) {
        text.append('|');
        for (int column = 0; column < widths.length; column++) {
            String cell = escape(row.get(column));
            String room = " ".repeat(widths[column] - cell.length());
            text.append(' ')
                    .append(column < wordColumns ? cell + room : room + cell)
                    .append(" |");
        }
        text.append('\n');
    }

    private void rule(StringBuilder text, int[] widths) {
        text.append('|');
        for (int column = 0; column < widths.length; column++) {
            text.append("-".repeat(widths[column] + 1)).append(column < wordColumns ? "-|" : ":|");
        }
        text.append('\n');
    }

    private static String escape(String cell) {
        return cell.replace("|", "\\|").replace("\n", " ");
    }
}
