package io.godwit.agent.certs;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/// Reads and writes PEM files. What exists is never overwritten, and a key is never, not even for a moment, readable
/// by others.
final class PemStore {
    private static final int FILE_BYTES_MAX = 64 << 10;

    private PemStore() {}

    /// Writes both files or neither.
    static void writePair(Path certificateFile, byte[] certificate, Path keyFile, byte[] key) throws IOException {
        write(keyFile, "PRIVATE KEY", key, "rw-------");
        try {
            write(certificateFile, "CERTIFICATE", certificate, "rw-r--r--");
        } catch (IOException e) {
            Files.deleteIfExists(keyFile);
            throw e;
        }
    }

    static X509CertificateHolder certificate(Path file) throws IOException {
        if (parse(file) instanceof X509CertificateHolder holder) {
            return holder;
        }
        throw new IOException("This file holds no PEM certificate: " + file);
    }

    static PrivateKey key(Path file) throws IOException {
        return new JcaPEMKeyConverter().getPrivateKey(keyInfo(file));
    }

    /// Writes a key alone.
    static void writeKey(Path file, byte[] key) throws IOException {
        write(file, "PRIVATE KEY", key, "rw-------");
    }

    static PrivateKeyInfo keyInfo(Path file) throws IOException {
        if (parse(file) instanceof PrivateKeyInfo info) {
            return info;
        }
        throw new IOException("This file holds no unencrypted PKCS#8 PEM key: " + file);
    }

    private static Object parse(Path file) throws IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException("This file is larger than " + FILE_BYTES_MAX + " bytes: " + file);
        }
        try (PEMParser parser = new PEMParser(new StringReader(Files.readString(file, StandardCharsets.ISO_8859_1)))) {
            Object object = parser.readObject();
            if (object == null) {
                throw new IOException("This file holds nothing in PEM: " + file);
            }
            return object;
        }
    }

    private static void write(Path file, String type, byte[] content, String permissions) throws IOException {
        StringWriter text = new StringWriter();
        try (PemWriter pem = new PemWriter(text)) {
            pem.writeObject(new PemObject(type, content));
        }
        writeText(file, text.toString(), permissions);
    }

    static void writeText(Path file, String text, String permissions) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        try (SeekableByteChannel channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)))) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }
}
