package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Folders the lab makes and removes.
final class Folders {
    private Folders() {}

    /// Removes a folder with all it holds, links not followed. Does nothing if there is none.
    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new LabException("Folder cannot be removed: " + folder, e);
        }
    }

    /// Removes all that a folder holds, links not followed, and leaves it.
    static void empty(Path folder) {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                if (!path.equals(folder)) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            throw new LabException("Folder cannot be emptied: " + folder, e);
        }
    }

    /// Everything in a folder that is not a folder, as paths relative to it; empty if there is none.
    static List<String> files(Path folder) {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(path -> !Files.isDirectory(path))
                    .map(path -> folder.relativize(path).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new LabException("Folder cannot be read: " + folder, e);
        }
    }
}
