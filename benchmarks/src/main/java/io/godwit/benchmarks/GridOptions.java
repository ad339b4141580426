package io.godwit.benchmarks;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Dirtying;
import io.godwit.benchmarks.grid.Link;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.grid.QemuTuning;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/// What the command line says about what is to be measured.
final class GridOptions {
    private static final String EVERYTHING = "every";
    private static final Pattern GODWIT = Pattern.compile("([a-z0-9-]{1,24})(?:=(.+))?");
    private static final Pattern FIELD = Pattern.compile("([A-Za-z]{1,40}):([A-Za-z0-9._-]{1,40})");

    /// What `every` content is. The published grids have these.
    private static final Fill[] CONTENTS = {Fill.ZERO, Fill.TEXT, Fill.RANDOM};

    @Option(
            names = "--link",
            split = ",",
            paramLabel = "RATE",
            description = "100mbit, 1gbit, 0 for not shaped, or every (default: 1gbit).")
    List<String> links = new ArrayList<>();

    @Option(
            names = "--dirty",
            split = ",",
            paramLabel = "WORK",
            description =
                    "idle, 20 (MiB/s over 32 MiB), 200 (over 128 MiB), all (of the memory it has filled, as fast as"
                            + " it can), or every (default: 20).")
    List<String> dirtyings = new ArrayList<>();

    @Option(
            names = "--content",
            split = ",",
            paramLabel = "KIND",
            description = "zero, text, random, sparse, or every of the first three (default: text).")
    List<String> contents = new ArrayList<>();

    @Option(
            names = "--godwit",
            paramLabel = "NAME[=FIELD:VALUE,...]",
            description =
                    "A way to move with Godwit: its name in the tables, and fields of the migration request, such as"
                            + " capped=bandwidthBytesPerSecond:50000000. May be given several times; none for none"
                            + " (default: default).")
    List<String> godwit = new ArrayList<>();

    @Option(
            names = "--qemu",
            split = ",",
            paramLabel = "NAME",
            description = "default, multifd, multifd-zstd, xbzrle, auto-converge, post-copy, none, or every"
                    + " (default: every).")
    List<String> qemu = new ArrayList<>();

    @Option(names = "--runs", description = "Of each configuration in each cell (default: 5).")
    int runs;

    @Option(names = "--memory", paramLabel = "MIB", description = "Of the guest (default: ${DEFAULT-VALUE}).")
    int memoryMiB = 512;

    @Option(
            names = "--downtime-ms",
            paramLabel = "MS",
            description = "Downtime both may plan with; QEMU's own default (default: ${DEFAULT-VALUE}).")
    int downtimeMs = 300;

    @Option(
            names = "--timeout-s",
            paramLabel = "S",
            description = "A move that takes longer is given up (default: ${DEFAULT-VALUE}).")
    int timeoutS = 60;

    @Option(
            names = "--verify",
            description = "Compare digests of all RAM in Godwit's measured moves too, which lengthens their silence.")
    boolean verify;

    @Option(names = "--insecure", description = "Let agents talk without TLS, as QEMU does here in any case.")
    boolean insecure;

    @Option(
            names = "--quick",
            description = "One cell, one configuration of Godwit and two of QEMU, three runs: less than five minutes.")
    boolean quick;

    /// @throws IllegalArgumentException if something in it is unknown or out of bounds
    Plan plan() {
        return new Plan(
                cells(),
                configurations(),
                runs > 0 ? runs : quick ? 3 : 5,
                memoryMiB,
                downtimeMs,
                timeoutS,
                verify,
                insecure);
    }

    /// What `--quick` does not measure; empty without it.
    String leftOut() {
        return quick
                ? "Left out by --quick: the links, workloads, contents and QEMU configurations not listed above, and"
                        + " two of five runs. \"./bench --link every --dirty every --content every\" measures all."
                : "";
    }

    private List<Cell> cells() {
        return Plan.grid(
                chosen(links, "1gbit", Link::of, Link.values()),
                chosen(dirtyings, "20", Dirtying::of, Dirtying.values()),
                chosen(contents, "text", GridOptions::content, CONTENTS));
    }

    private List<Configuration> configurations() {
        List<Configuration> chosen = new ArrayList<>();
        for (String word : godwit.isEmpty() ? List.of("default") : godwit) {
            if (!word.equals("none")) {
                chosen.add(godwit(word));
            }
        }
        String defaults = quick ? "default,multifd-zstd" : EVERYTHING;
        List<String> words = qemu.isEmpty() ? Arrays.asList(defaults.split(",", -1)) : qemu;
        if (!words.equals(List.of("none"))) {
            chosen(words, "", QemuTuning::of, QemuTuning.values())
                    .forEach(tuning -> chosen.add(new Configuration.Qemu(tuning)));
        }
        return chosen;
    }

    /// As `name=field:value,field:value`.
    static Configuration.Godwit godwit(String text) {
        Matcher matcher = GODWIT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("Godwit's configuration is not like NAME=FIELD:VALUE,...: " + text);
        }
        Map<String, Object> request = new LinkedHashMap<>();
        String fields = matcher.group(2);
        for (String field : fields == null ? new String[0] : fields.split(",", -1)) {
            Matcher parts = FIELD.matcher(field);
            if (!parts.matches()) {
                throw new IllegalArgumentException("A field of a migration request is not like NAME:VALUE: " + field);
            }
            request.put(parts.group(1), value(parts.group(2)));
        }
        return new Configuration.Godwit(matcher.group(1), request);
    }

    private static Object value(String text) {
        if (text.equals("true") || text.equals("false")) {
            return Boolean.valueOf(text);
        }
        if (text.matches("\\d{1,18}")) {
            return Long.valueOf(text);
        }
        return text;
    }

    private static Fill content(String word) {
        return Arrays.stream(Fill.values())
                .filter(fill -> fill.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("Content is not zero, text, random or sparse: " + word));
    }

    private static <T> List<T> chosen(List<String> words, String usual, Function<String, T> parse, T[] all) {
        if (words.contains(EVERYTHING)) {
            return List.of(all);
        }
        List<String> given = words.isEmpty() ? List.of(usual) : words;
        return given.stream().map(parse).distinct().toList();
    }
}
