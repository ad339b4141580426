package io.godwit.agent.cli;

import io.godwit.agent.api.Blockers;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.MigrationView;
import io.godwit.agent.config.Quantities;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.OnSlow;
import io.godwit.migration.PagePolicy.Compression;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "migrate",
        description = {
            "Moves a running guest to another host and follows it there.",
            "Ctrl-C stops following; the migration goes on. If it fails the guest runs on where it was.",
            "With --json only the report is printed to standard output."
        },
        mixinStandardHelpOptions = true)
final class MigrateCommand extends GuestCommands.OneGuest {
    private static final long AGENT_PATIENCE_MS = 30_000;

    @Parameters(
            index = "1..*",
            paramLabel = "HOST",
            description = {
                "The target. Not needed with --watch.",
                "With --set, what to change: bandwidth=RATE, downtime=MS."
            })
    List<String> rest = new ArrayList<>();

    @Option(
            names = "--downtime-ms",
            paramLabel = "MS",
            description = "Switch over only when the guest would stand still for less than this.")
    @Nullable
    Long downtimeMs;

    @Option(
            names = "--bandwidth",
            paramLabel = "RATE",
            converter = Rate.class,
            description = "Send no faster: 800Mbit/s, 100MiB/s or unlimited.")
    @Nullable
    Long bandwidthBytesPerSecond;

    @Option(
            names = "--timeout",
            paramLabel = "S",
            description = "Give up if the switchover has not begun after so many seconds.")
    @Nullable
    Long timeoutS;

    @Option(
            names = "--on-slow",
            paramLabel = "ANSWER",
            converter = Answer.class,
            description = {
                "What gives way if the guest writes too fast for the downtime:",
                "throttle (its speed), stretch (the downtime), post-copy (it runs on the target at once and needs",
                "both hosts until the rest of its memory has followed) or abort (the migration)."
            })
    @Nullable
    OnSlow onSlow;

    @Option(
            names = "--downtime-max-ms",
            paramLabel = "MS",
            description = "With --on-slow=stretch: never stretch the downtime beyond this.")
    @Nullable
    Long downtimeMaxMs;

    @Option(
            names = "--no-yield",
            description = "Do not send more slowly because others on the link wait. For a link of migrations' own.")
    boolean noYield;

    @Option(
            names = "--compression",
            paramLabel = "HOW",
            converter = CompressionWord.class,
            description = {
                "How pages are compressed: auto (whatever is soonest over), fast (the same without zstd), lz4,",
                "zstd (fewest bytes, most processor time) or none."
            })
    @Nullable
    Compression compression;

    @Option(
            names = "--set",
            description = "Change limits of the migration under way: godwit migrate --set G bandwidth=RATE downtime=MS")
    boolean set;

    @Option(
            names = "--verify",
            description = "Compare a digest of all RAM on both hosts. A test: it lengthens the downtime.")
    boolean verify;

    @Option(
            names = "--dry-run",
            description = "Only say what speaks against it: all of it. Exit status 1 if anything does.")
    boolean dryRun;

    @Option(names = "--watch", description = "Follow the migration that is under way.")
    boolean watch;

    /// A value that says itself what is wrong with it.
    abstract static class Parsed<T> implements ITypeConverter<T> {
        private final Function<String, T> parse;

        Parsed(Function<String, T> parse) {
            this.parse = parse;
        }

        @Override
        public final T convert(String value) {
            try {
                return parse.apply(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("it is " + e.getMessage());
            }
        }
    }

    static final class Rate extends Parsed<Long> {
        Rate() {
            super(Quantities::parseRate);
        }
    }

    static final class Answer extends Parsed<OnSlow> {
        Answer() {
            super(OnSlow::parse);
        }
    }

    static final class CompressionWord extends Parsed<Compression> {
        CompressionWord() {
            super(Compression::parse);
        }
    }

    @Override
    public Integer call() throws CliException, InterruptedException {
        if (set) {
            return adjust();
        }
        if (rest.size() != (watch ? 0 : 1)) {
            throw CliException.badInput(
                    watch
                            ? "--watch follows what is under way: no HOST with it"
                            : rest.isEmpty() ? "The target HOST is missing" : "More than one HOST is given",
                    "godwit migrate " + guest + " HOST");
        }
        if (watch) {
            return follow(client().get(AgentClient.guestPath(guest, "/migration"), MigrationView.class));
        }
        MigrateRequest request = new MigrateRequest(
                rest.getFirst(),
                downtimeMs,
                bandwidthBytesPerSecond,
                timeoutS == null ? null : Math.multiplyExact(Math.clamp(timeoutS, -1L, 1L << 40), 1000L),
                onSlow == null ? null : onSlow.word(),
                downtimeMaxMs,
                noYield ? Boolean.FALSE : null,
                compression == null ? null : compression.word(),
                verify,
                dryRun);
        String answer = client().request("POST", AgentClient.guestPath(guest, "/migration"), request);
        return dryRun ? showBlockers(answer) : follow(Json.read(answer, MigrationView.class));
    }

    private int adjust() throws CliException {
        LimitWords words;
        try {
            words = LimitWords.parse(rest);
        } catch (IllegalArgumentException e) {
            throw CliException.badInput(
                    "--set: " + e.getMessage(), "godwit migrate --set " + guest + " bandwidth=500Mbit/s downtime=200");
        }
        String answer = client().request("PATCH", AgentClient.guestPath(guest, "/migration"), words.request());
        if (json()) {
            out().println(Json.pretty(answer));
        } else {
            out().println(Text.printable("The migration of " + guest + " goes on with " + words.shown()));
        }
        return ExitCode.OK;
    }

    private int showBlockers(String answer) throws CliException {
        Blockers blockers = Json.read(answer, Blockers.class);
        if (json()) {
            out().println(Json.pretty(answer));
        } else if (blockers.blockers().isEmpty()) {
            out().println(Text.printable(
                    guest + " can move from " + blockers.source() + " to " + blockers.target() + "; nothing was done"));
        } else {
            out().println(Text.printable(
                    guest + " cannot move from " + blockers.source() + " to " + blockers.target() + ":"));
            blockers.blockers().forEach(blocker -> out().println("  - " + Text.printable(blocker)));
        }
        return blockers.blockers().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private int follow(MigrationView started) throws CliException, InterruptedException {
        MigrationReport report = started.report();
        if (report == null) {
            ProgressView view = view();
            AtomicBoolean following = new AtomicBoolean(true);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> sayItGoesOn(following, view), "goes-on"));
            try {
                report = new MigrationFollower(client(), guest, started.id(), view, AGENT_PATIENCE_MS).await();
            } finally {
                if (following.getAndSet(false)) {
                    view.end();
                }
            }
        }
        if (json()) {
            printJson(report);
        } else {
            ReportView.print(report, out());
        }
        return report.result() == MigrationReport.Result.COMPLETED ? ExitCode.OK : ExitCode.FAILED;
    }

    private ProgressView view() {
        if (json()) {
            return Terminal.isTerminal(2) ? new BarProgress(err(), Terminal.columns()) : ProgressView.NONE;
        }
        return Terminal.isTerminal(1) ? new BarProgress(out(), Terminal.columns()) : new PlainProgress(out());
    }

    // Runs at every end of the program; only while the migration is followed does that mean Ctrl-C.
    private void sayItGoesOn(AtomicBoolean following, ProgressView view) {
        if (!following.getAndSet(false)) {
            return;
        }
        view.end();
        PrintWriter err = err();
        err.println("The migration of " + guest + " goes on.");
        err.println("  watch it:   godwit migrate " + guest + " --watch");
        err.println("  cancel it:  godwit cancel " + guest);
        err.flush();
    }
}
