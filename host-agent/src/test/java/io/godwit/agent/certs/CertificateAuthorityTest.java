package io.godwit.agent.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
    private static final int TIMEOUT_MS = 10_000;
    private static final char[] NO_PASSWORD = new char[0];

    @TempDir
    Path directory = Path.of("");

    @Test
    void twoHostsOfOneAuthorityProveTheirNamesToEachOther() throws Exception {
        authority(directory).init();
        CertificateFiles one = authority(directory).issue("host1", List.of("192.0.2.11"));
        CertificateFiles two = authority(directory).issue("host2", List.of());

        assertThat(handshake(directory, one, directory, two, "host1")).isEqualTo("CN=host2");
    }

    @Test
    void aHostDoesNotPassForAnother() throws Exception {
        authority(directory).init();
        CertificateFiles one = authority(directory).issue("host1", List.of());
        CertificateFiles two = authority(directory).issue("host2", List.of());

        assertThatIOException()
                .isThrownBy(() -> handshake(directory, one, directory, two, "host3"))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void aHostOfAnotherClusterIsRefused() throws Exception {
        Path other = directory.resolve("other");
        authority(directory).init();
        authority(other).init();
        CertificateFiles one = authority(directory).issue("host1", List.of());
        CertificateFiles stranger = authority(other).issue("host2", List.of());

        assertThatIOException()
                .isThrownBy(() -> handshake(directory, one, other, stranger, "host1"))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void keysAreTheirOwnersOnly() throws Exception {
        CertificateFiles ca = authority(directory).init();
        CertificateFiles host = authority(directory).issue("host1", List.of());

        for (CertificateFiles files : List.of(ca, host)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.key())))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void nothingIsOverwritten() throws Exception {
        authority(directory).init();
        authority(directory).issue("host1", List.of());
        byte[] before = Files.readAllBytes(directory.resolve("host1.key"));

        assertThatIOException().isThrownBy(() -> authority(directory).init()).withMessageContaining("not overwritten");
        assertThatIOException()
                .isThrownBy(() -> authority(directory).issue("host1", List.of()))
                .withMessageContaining("not overwritten: " + directory.resolve("host1.key"));
        assertThat(Files.readAllBytes(directory.resolve("host1.key"))).isEqualTo(before);
    }

    @Test
    void ofTwoFilesBothAreWrittenOrNone() throws Exception {
        authority(directory).init();
        Files.writeString(directory.resolve("host1.crt"), "in the way");

        assertThatIOException().isThrownBy(() -> authority(directory).issue("host1", List.of()));

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("ca.crt", "ca.key", "host1.crt");
        }
    }

    @Test
    void certificatesLastAsLongAsPromisedButNoLongerThanTheirAuthority() throws Exception {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        authorityAt(start).init();
        CertificateFiles early = authorityAt(start).issue("early", List.of("2001:db8::1"));
        Instant late = start.plus(Duration.ofDays(3600));
        CertificateFiles last = authorityAt(late).issue("last", List.of());

        assertThat(certificate(early.certificate()).getNotAfter().toInstant())
                .isEqualTo(early.notAfter())
                .isEqualTo(start.plus(Duration.ofDays(825)));
        assertThat(certificate(last.certificate()).getNotAfter().toInstant())
                .isEqualTo(start.plus(Duration.ofDays(3650)));
        assertThatIOException()
                .isThrownBy(() -> authorityAt(start.plus(Duration.ofDays(3651))).issue("never", List.of()))
                .withMessageContaining("expired on 2035-12-30");
    }

    @Test
    void refusesNamesAndAddressesThatAreNone() throws Exception {
        authority(directory).init();
        for (String host : List.of("", "../x", "a/b", "ca", "-a", "a b", "x".repeat(70))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> authority(directory).issue(host, List.of()));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> authority(directory).issue("a", List.of("example.org")));
    }

    @Test
    void withoutAnAuthoritySaysHowToMakeOne() {
        assertThatIOException()
                .isThrownBy(() -> authority(directory).issue("host1", List.of()))
                .withMessageContaining("godwit certs init");
    }

    private static CertificateAuthority authority(Path directory) {
        return new CertificateAuthority(directory, Instant.now(), new SecureRandom());
    }

    private CertificateAuthority authorityAt(Instant now) {
        return new CertificateAuthority(directory, now, new SecureRandom());
    }

    /// A mutual TLS handshake on the loopback address, in which the client asks for the server by name.
    ///
    /// @return the name the server saw in the client's certificate
    private static String handshake(
            Path serverAuthority, CertificateFiles server, Path clientAuthority, CertificateFiles client, String name)
            throws Exception {
        try (SSLServerSocket listener = (SSLServerSocket) context(serverAuthority, server)
                        .getServerSocketFactory()
                        .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            listener.setNeedClientAuth(true);
            listener.setSoTimeout(TIMEOUT_MS);
            CompletableFuture<String> seen = CompletableFuture.supplyAsync(() -> accept(listener), threads);
            try (SSLSocket socket = (SSLSocket) context(clientAuthority, client)
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), listener.getLocalPort())) {
                socket.setSoTimeout(TIMEOUT_MS);
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                parameters.setServerNames(List.of(new javax.net.ssl.SNIHostName(name)));
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                requireName((X509Certificate) socket.getSession().getPeerCertificates()[0], name);
                socket.getOutputStream().write(1);
                return seen.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof IOException io ? io : e;
            }
        }
    }

    private static void requireName(X509Certificate certificate, String name) throws Exception {
        boolean found = certificate.getSubjectAlternativeNames().stream().anyMatch(san -> name.equals(san.get(1)));
        if (!found) {
            throw new SSLException("The server's certificate does not name " + name);
        }
    }

    private static String accept(SSLServerSocket listener) {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.startHandshake();
            assertThat(socket.getInputStream().read()).isEqualTo(1);
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private static SSLContext context(Path authority, CertificateFiles host) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, NO_PASSWORD);
        trusted.setCertificateEntry("ca", certificate(authority.resolve("ca.crt")));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
        own.load(null, NO_PASSWORD);
        own.setKeyEntry(
                "host", PemStore.key(host.key()), NO_PASSWORD, new Certificate[] {certificate(host.certificate())});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), new SecureRandom());
        return context;
    }

    private static X509Certificate certificate(Path file) throws Exception {
        try (var in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }
}
