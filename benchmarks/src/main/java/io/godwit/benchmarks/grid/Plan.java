package io.godwit.benchmarks.grid;

import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/// What is to be measured, and in which order.
///
/// @param runs        of each configuration in each cell
/// @param memoryMiB   of the guest
/// @param downtimeMs  the downtime both may plan with
/// @param timeoutS    a move that has not ended by then is given up, and counts as not completed
/// @param verify      Godwit compares digests of all RAM in measured moves too, which lengthens its silence
/// @param insecure    Godwit's agents talk without TLS, as QEMU's do in any case
public record Plan(
        List<Cell> cells,
        List<Configuration> configurations,
        int runs,
        int memoryMiB,
        int downtimeMs,
        int timeoutS,
        boolean verify,
        boolean insecure) {
    private static final int RUNS_MAX = 1000;
    private static final int CELLS_MAX = 64;

    public Plan {
        cells = List.copyOf(cells);
        configurations = List.copyOf(configurations);
        check(!cells.isEmpty() && cells.size() <= CELLS_MAX, "Cells are not from 1 to " + CELLS_MAX);
        check(!configurations.isEmpty(), "There is nothing to be compared");
        check(runs >= 1 && runs <= RUNS_MAX, "Runs are not from 1 to " + RUNS_MAX + ": " + runs);
        check(
                memoryMiB >= 256 && memoryMiB <= 1536,
                "Memory is not from 256 to 1536 MiB, what the lab can lend: " + memoryMiB);
        check(downtimeMs >= 1 && downtimeMs <= 60_000, "Downtime is not from 1 to 60000 ms: " + downtimeMs);
        check(timeoutS >= 5 && timeoutS <= 3600, "Timeout is not from 5 to 3600 s: " + timeoutS);
    }

    /// All fields of the grid that these make up, link by link, for each link needs a lab of its own.
    public static List<Cell> grid(List<Link> links, List<Dirtying> dirtyings, List<Fill> contents) {
        List<Cell> cells = new ArrayList<>();
        for (Link link : links) {
            for (Dirtying dirtying : dirtyings) {
                for (Fill content : contents) {
                    cells.add(new Cell(link, dirtying, content));
                }
            }
        }
        return cells;
    }

    public List<Link> links() {
        return cells.stream().map(Cell::link).distinct().toList();
    }

    public List<Cell> cells(Link link) {
        return cells.stream().filter(cell -> cell.link() == link).toList();
    }

    public List<Configuration.Godwit> godwit() {
        return ofType(Configuration.Godwit.class).toList();
    }

    public List<Configuration.Qemu> qemu() {
        return ofType(Configuration.Qemu.class).toList();
    }

    /// The order of one round through all configurations: a different one first in each round, so that nobody always
    /// follows the same.
    ///
    /// @param round from 1
    public List<Configuration> order(int round) {
        List<Configuration> order = new ArrayList<>(configurations);
        Collections.rotate(order, -(round - 1));
        return order;
    }

    private <T extends Configuration> Stream<T> ofType(Class<T> type) {
        return configurations.stream().filter(type::isInstance).map(type::cast);
    }

    private static void check(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
