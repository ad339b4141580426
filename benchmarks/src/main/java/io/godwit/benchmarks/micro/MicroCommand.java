package io.godwit.benchmarks.micro;

import java.io.IOException;
import org.openjdk.jmh.Main;

/// What `./bench --jmh` runs: JMH with its own options, such as a pattern of benchmarks' names.
public final class MicroCommand {
    private MicroCommand() {}

    public static void main(String... arguments) throws IOException {
        Main.main(arguments);
    }
}
