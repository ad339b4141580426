package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.RunState;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who may talk to whom.
@Timeout(90)
class TlsMigrationTest {
    private static final long PAGES = 16 << 8;

    @TempDir
    Path directory;

    private final X509Bundle authority = authority("CN=Godwit test authority");

    private static X509Bundle authority(String subject) {
        try {
            return new CertificateBuilder()
                    .algorithm(Algorithm.ecp256)
                    .subject(subject)
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private MigrationEngine.Tls issue(X509Bundle issuer, String host) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .algorithm(Algorithm.ecp256)
                .subject("CN=" + host)
                .addSanDnsName(host)
                .buildIssuedBy(issuer);
        Path folder = Files.createDirectory(directory.resolve(host + "-" + System.nanoTime()));
        return new MigrationEngine.Tls(
                Files.writeString(folder.resolve("ca.pem"), issuer.getRootCertificatePEM()),
                Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM()),
                Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM()));
    }

    @Test
    void hostsOfOneAuthorityMigrate() throws Exception {
        try (TwoHosts hosts =
                new TwoHosts(issue(authority, TwoHosts.SOURCE), issue(authority, TwoHosts.TARGET), PAGES)) {
            hosts.fillSource();
            hosts.sourceGuest.writesPerMs = 4;
            MigrationReport report = hosts.migrate(policy -> policy.withVerify());
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.warnings()).isEmpty();
        }
    }

    private static void assertRefused(TwoHosts hosts, String reason) throws Exception {
        MigrationReport report = hosts.migrate(policy -> policy);
        assertThat(report.result()).isEqualTo(Result.FAILED);
        assertThat(report.reason()).contains(reason);
        assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
        assertThat(hosts.agent.events()).isEmpty();
        assertThat(hosts.record.calls()).isEmpty();
        assertThatThrownBy(() -> hosts.source.preflight(hosts.request(MigrationPolicy.DEFAULT)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void sourceOfAnotherAuthorityIsRefused() throws Exception {
        X509Bundle other = authority("CN=Somebody else");
        MigrationEngine.Tls stranger = issue(other, TwoHosts.SOURCE);
        MigrationEngine.Tls own = issue(authority, TwoHosts.TARGET);
        // It trusts the target's authority, but its own certificate comes from elsewhere.
        MigrationEngine.Tls mixed = new MigrationEngine.Tls(own.authority(), stranger.certificate(), stranger.key());
        try (TwoHosts hosts = new TwoHosts(mixed, own, PAGES)) {
            assertRefused(hosts, "");
        }
    }

    @Test
    void targetOfAnotherAuthorityIsRefused() throws Exception {
        X509Bundle other = authority("CN=Somebody else");
        try (TwoHosts hosts = new TwoHosts(issue(authority, TwoHosts.SOURCE), issue(other, TwoHosts.TARGET), PAGES)) {
            assertRefused(hosts, "Cannot make sure");
        }
    }

    @Test
    void targetThatIsAnotherHostIsRefused() throws Exception {
        try (TwoHosts hosts = new TwoHosts(issue(authority, TwoHosts.SOURCE), issue(authority, "host-c"), PAGES)) {
            assertRefused(hosts, "host-b");
        }
    }

    @Test
    void sourceThatClaimsAnotherNameIsRefused() throws Exception {
        try (TwoHosts hosts = new TwoHosts(issue(authority, "host-c"), issue(authority, TwoHosts.TARGET), PAGES)) {
            assertRefused(hosts, "does not prove that it is host-a");
        }
    }

    @Test
    void plaintextPeersOfAnEncryptedHostAreRefused() throws Exception {
        try (TwoHosts hosts = new TwoHosts(null, issue(authority, TwoHosts.TARGET), PAGES)) {
            assertRefused(hosts, "");
        }
    }

    @Test
    void unusableFilesAreSaidAtOnce() throws Exception {
        MigrationEngine.Tls good = issue(authority, TwoHosts.TARGET);
        MigrationEngine.Tls bad = new MigrationEngine.Tls(good.authority(), good.key(), good.key());
        assertThatThrownBy(() -> new TwoHosts(bad, good, PAGES))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("TLS files cannot be used");
    }
}
