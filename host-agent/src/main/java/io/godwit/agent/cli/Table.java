package io.godwit.agent.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// Columns under headings, as wide as their widest cell. Columns that hold numbers are aligned to the right: their
/// heading begins with `>`.
final class Table {
    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = List.of(headings);
    }

    void row(Object... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException("A row of " + cells.length + " in a table of " + headings.size());
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(clean(String.valueOf(cell)));
        }
        rows.add(row);
    }

    void print(PrintWriter out) {
        int[] widths = new int[headings.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = title(i).length();
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> titles = new ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            titles.add(title(i));
        }
        out.println(line(titles, widths));
        rows.forEach(row -> out.println(line(row, widths)));
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - cells.get(i).length());
            boolean right = headings.get(i).startsWith(">");
            line.append(i == 0 ? "" : "  ").append(right ? padding : "").append(cells.get(i));
            line.append(right ? "" : padding);
        }
        return line.toString().stripTrailing();
    }

    private String title(int column) {
        String heading = headings.get(column);
        return heading.startsWith(">") ? heading.substring(1) : heading;
    }

    // Names come from other hosts: none of them may steer the terminal.
    private static String clean(String cell) {
        return cell.replaceAll("\\p{Cntrl}", "?");
    }
}
