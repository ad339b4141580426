package io.godwit.chaos.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where the source tree is.
public final class Repository {
    private Repository() {}

    /// The nearest folder, from the working directory upwards, that holds Godwit's modules.
    ///
    /// @throws LabException if there is none
    public static Path find() {
        Path start = Path.of("").toAbsolutePath();
        for (@Nullable Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve("chaos-tests")) && Files.isRegularFile(folder.resolve("pom.xml"))) {
                return folder;
            }
        }
        throw new LabException("The lab must be started inside Godwit's source tree, not in " + start);
    }
}
