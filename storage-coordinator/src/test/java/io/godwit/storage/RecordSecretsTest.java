package io.godwit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordSecretsTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path directory = Path.of("");

    @Test
    void oneOrTwoLinesAreSecrets() throws Exception {
        assertThat(RecordSecrets.read(file(SECRET + "\n", "rw-------"))).containsExactly(SECRET);
        assertThat(RecordSecrets.read(file("new-" + SECRET + "\r\n" + SECRET, "r--------")))
                .containsExactly("new-" + SECRET, SECRET);
    }

    @Test
    void whatOthersCanReadIsNoSecret() throws Exception {
        Path file = file(SECRET, "rw-r-----");
        assertThatIOException()
                .isThrownBy(() -> RecordSecrets.read(file))
                .withMessageContaining("others than its owner")
                .withMessageContaining("chmod 600");
    }

    @Test
    void anythingElseIsRefusedAndNotRepeated() throws Exception {
        refused("", "does not hold from 1 to 2 lines");
        refused((SECRET + "\n").repeat(3), "does not hold from 1 to 2 lines");
        refused("hunter2\n", "not of 32 to 128 plain characters");
        refused(SECRET + " \n", "not of 32 to 128 plain characters");
        refused(SECRET.repeat(40), "larger than");
        assertThatIOException()
                .isThrownBy(() -> RecordSecrets.read(directory.resolve("none")))
                .withMessageContaining("not there");
    }

    @Test
    void theAccessDoesNotTellItsSecrets() {
        assertThat(new RecordAccess(null, List.of(SECRET)).toString()).doesNotContain(SECRET);
    }

    private void refused(String content, String reason) throws IOException {
        Path file = file(content, "rw-------");
        assertThatIOException()
                .isThrownBy(() -> RecordSecrets.read(file))
                .withMessageContaining(reason)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter2", SECRET));
    }

    private Path file(String content, String permissions) throws IOException {
        Path file = directory.resolve("secret");
        Files.deleteIfExists(file);
        Files.writeString(file, content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
