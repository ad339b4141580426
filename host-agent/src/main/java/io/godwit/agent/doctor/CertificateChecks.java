package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/// Whether this host's certificate proves its name to the others, and for how long.
final class CertificateChecks {
    private static final String NAME = "certificates";
    private static final Duration EARLY = Duration.ofDays(30);
    private static final int DNS_NAME = 2;

    private CertificateChecks() {}

    static List<Finding> check(AgentConfig config, Instant now) throws IOException {
        AgentConfig.TlsFiles files = config.tls();
        if (files == null) {
            return List.of(Finding.warn(
                    NAME,
                    "insecure: true, so guests' memory crosses the network for anyone to read or change",
                    "godwit certs init, then godwit certs issue " + config.name() + "; see docs/install.md."));
        }
        String renew = "Issue a new one with godwit certs issue " + config.name()
                + " in a new directory beside ca.crt and ca.key.";
        List<Finding> findings = new ArrayList<>();
        try {
            X509Certificate authority = certificate(files.authority());
            X509Certificate own = certificate(files.certificate());
            own.verify(authority.getPublicKey());
            if (!names(own).contains(config.name())) {
                findings.add(Finding.fail(
                        NAME, files.certificate() + " is for " + names(own) + ", not for " + config.name(), renew));
            }
            if (!matches(own, files.key())) {
                findings.add(Finding.fail(NAME, files.key() + " is not the key of " + files.certificate(), renew));
            }
            findings.add(life("certificate", files.certificate(), own, now, renew));
            findings.add(life(
                    "authority",
                    files.authority(),
                    authority,
                    now,
                    "Make a new authority, and certificates for all hosts."));
        } catch (GeneralSecurityException e) {
            findings.add(Finding.fail(
                    NAME,
                    files.certificate() + " is not signed by " + files.authority() + " or is damaged: "
                            + e.getMessage(),
                    renew));
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(files.key());
        if (permissions.contains(PosixFilePermission.OTHERS_READ)
                || permissions.contains(PosixFilePermission.GROUP_READ)) {
            findings.add(Finding.fail(
                    NAME, files.key() + " can be read by others than its owner", "chmod 600 " + files.key()));
        }
        return findings;
    }

    private static Finding life(String name, Path file, X509Certificate certificate, Instant now, String remedy) {
        Instant notAfter = certificate.getNotAfter().toInstant();
        long days = Duration.between(now, notAfter).toDays();
        if (notAfter.isBefore(now)) {
            return Finding.fail(name, file + " expired on " + notAfter, remedy);
        }
        if (certificate.getNotBefore().toInstant().isAfter(now)) {
            return Finding.fail(
                    name,
                    file + " is valid only from " + certificate.getNotBefore().toInstant(),
                    "Set this host's clock.");
        }
        String detail = file + " is valid for " + days + " days, until " + notAfter;
        return days < EARLY.toDays() ? Finding.warn(name, detail, remedy) : Finding.ok(name, detail);
    }

    private static X509Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static List<String> names(X509Certificate certificate) throws GeneralSecurityException {
        List<String> names = new ArrayList<>();
        if (certificate.getSubjectAlternativeNames() != null) {
            for (List<?> name : certificate.getSubjectAlternativeNames()) {
                if (Integer.valueOf(DNS_NAME).equals(name.getFirst())) {
                    names.add(String.valueOf(name.get(1)));
                }
            }
        }
        return names;
    }

    // A signature made with the key and checked with the certificate says it without knowing the kind of key.
    private static boolean matches(X509Certificate certificate, Path keyFile)
            throws IOException, GeneralSecurityException {
        String algorithm = certificate.getPublicKey().getAlgorithm();
        String pem = Files.readString(keyFile, StandardCharsets.ISO_8859_1);
        String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
        byte[] encoded;
        try {
            encoded = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException _) {
            return false;
        }
        PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        String scheme =
                algorithm.equals("EC") ? "SHA256withECDSA" : algorithm.equals("RSA") ? "SHA256withRSA" : algorithm;
        Signature signer = Signature.getInstance(scheme);
        signer.initSign(key);
        signer.update((byte) 1);
        byte[] signature = signer.sign();
        signer.initVerify(certificate);
        signer.update((byte) 1);
        return signer.verify(signature);
    }
}
