package io.godwit.shim.linux;

import java.nio.file.Path;
import java.util.List;

/// Tries to attach to a process and prints the outcome: started by a test with fewer privileges than it has itself.
final class AttachProbe {
    private AttachProbe() {}

    public static void main(String[] arguments) {
        long pid = Long.parseLong(arguments[0]);
        try {
            UserfaultTracker.attach(pid, List.of(new UserfaultTracker.Mapping(Path.of(arguments[1]), 0, 1)))
                    .close();
            System.out.println("attached");
        } catch (Exception e) {
            System.out.println(e.getMessage());
        }
    }
}
