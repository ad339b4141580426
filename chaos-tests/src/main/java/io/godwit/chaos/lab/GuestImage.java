package io.godwit.chaos.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/// The kernel and the ramdisk of the lab's guests, made from Debian packages once and kept under
/// `.build/guest/`, in a folder named after the recipe's digest.
///
/// @param kernel   as the package brings it
/// @param ramdisk  an initramfs with busybox, perl, the modules a guest needs and the workloads
public record GuestImage(Path kernel, Path ramdisk) {
    private static final List<String> RECIPE = List.of(
            "build-image.sh", "init", "Time.pm", "memory.pl", "disk.pl", "echo.pl", "udp.pl", "status.pl", "power.pl");

    /// The image of this recipe; makes it if there is none yet, which takes some seconds and Debian's mirror.
    ///
    /// @throws LabException if it cannot be made, with what the recipe said
    public static GuestImage ensure(Path repository) {
        Path cache = repository.resolve(".build/guest");
        try {
            Files.createDirectories(cache);
            Path folder = cache.resolve(digest());
            // Two labs may come up at once: one makes the image, the other waits for it.
            try (FileChannel lock =
                    FileChannel.open(cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                if (!Files.exists(folder.resolve("versions"))) {
                    make(folder);
                }
            }
            return new GuestImage(folder.resolve("kernel"), folder.resolve("initrd"));
        } catch (IOException e) {
            throw new LabException("The guest image cannot be made in " + cache, e);
        }
    }

    /// Puts the files where all hosts find them.
    GuestImage copyTo(Path folder) throws IOException {
        return new GuestImage(
                Files.copy(kernel, folder.resolve("kernel")), Files.copy(ramdisk, folder.resolve("initrd")));
    }

    private static void make(Path folder) throws IOException {
        Path recipe = Files.createTempDirectory("godwit-recipe");
        try {
            for (String name : RECIPE) {
                try (InputStream file = resource(name)) {
                    Files.copy(file, recipe.resolve(name));
                }
            }
            Command.run(
                            List.of(
                                    "sh",
                                    recipe.resolve("build-image.sh").toString(),
                                    recipe.toString(),
                                    folder.toString()),
                            Duration.ofMinutes(5))
                    .orThrow();
        } finally {
            Folders.delete(recipe);
        }
    }

    private static String digest() throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String name : RECIPE) {
                try (InputStream file = resource(name)) {
                    digest.update(file.readAllBytes());
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    private static InputStream resource(String name) {
        InputStream file = GuestImage.class.getResourceAsStream("/io/godwit/chaos/guest/" + name);
        if (file == null) {
            throw new UncheckedIOException(new IOException("Recipe lacks a file: " + name));
        }
        return file;
    }
}
