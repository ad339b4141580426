package io.godwit.agent.certs;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A directory with the authority's certificate and key (`ca.crt`, `ca.key`) and those of the hosts (`HOST.crt`,
/// `HOST.key`). Keys are EC P-256. Nothing that exists is overwritten.
public final class CertificateAuthority {
    public static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    public static final Duration HOST_LIFE = Duration.ofDays(825);

    // Hosts whose clocks are a little behind must be able to use a new certificate at once.
    private static final Duration BACKDATED = Duration.ofHours(1);
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?");
    private static final int SERIAL_BITS = 128;

    private final Path directory;
    private final Instant now;
    private final SecureRandom random;

    public CertificateAuthority(Path directory, Instant now, SecureRandom random) {
        this.directory = directory;
        // Certificates know no fractions of a second, and what is reported is what they hold.
        this.now = now.truncatedTo(ChronoUnit.SECONDS);
        this.random = random;
    }

    /// Makes the authority; the directory too if it is missing.
    ///
    /// @throws IOException if there is one already or it cannot be written; nothing is left then
    public CertificateFiles init() throws IOException {
        Files.createDirectories(directory);
        KeyPair keys = newKeys();
        X500Name name = name("Godwit cluster " + Long.toHexString(random.nextLong()));
        Instant notAfter = now.plus(AUTHORITY_LIFE);
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name, serial(), Date.from(now.minus(BACKDATED)), Date.from(notAfter), name, keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
            return write("ca", sign(builder, keys.getPrivate()), keys.getPrivate(), notAfter);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("The authority's certificate could not be made", e);
        }
    }

    /// Makes a key and a certificate for a host, good for both ends of a connection.
    ///
    /// @param host       the name in its configuration; the certificate's DNS name
    /// @param addresses  IP literals to stand in the certificate beside the name
    /// @throws IllegalArgumentException if a name or an address is none
    /// @throws IOException if there is no authority, it has expired, or the files exist; nothing is left then
    public CertificateFiles issue(String host, List<String> addresses) throws IOException {
        if (!HOST.matcher(host).matches() || host.equals("ca")) {
            throw new IllegalArgumentException("This is not a host name a certificate can be issued for: " + host);
        }
        List<GeneralName> names = new ArrayList<>(List.of(new GeneralName(GeneralName.dNSName, host)));
        for (String address : addresses) {
            names.add(new GeneralName(
                    GeneralName.iPAddress, InetAddress.ofLiteral(address).getHostAddress()));
        }
        X509CertificateHolder authority = authority();
        PrivateKey authorityKey = PemStore.key(directory.resolve("ca.key"));
        KeyPair keys = newKeys();
        Instant limit = authority.getNotAfter().toInstant();
        Instant notAfter = now.plus(HOST_LIFE).isBefore(limit) ? now.plus(HOST_LIFE) : limit;
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    authority.getSubject(),
                    serial(),
                    Date.from(now.minus(BACKDATED)),
                    Date.from(notAfter),
                    name(host),
                    keys.getPublic());
            extendForHost(builder, authority, keys, names);
            return write(host, sign(builder, authorityKey), keys.getPrivate(), notAfter);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("The certificate could not be made for host " + host, e);
        }
    }

    private static void extendForHost(
            X509v3CertificateBuilder builder, X509CertificateHolder authority, KeyPair keys, List<GeneralName> names)
            throws GeneralSecurityException, IOException {
        JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
        }));
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(new GeneralName[0])));
        builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(keys.getPublic()));
        builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(authority));
    }

    private X509CertificateHolder authority() throws IOException {
        X509CertificateHolder authority;
        try {
            authority = PemStore.certificate(directory.resolve("ca.crt"));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "There is no authority in this directory yet; make one with \"godwit certs init\": " + directory,
                    e);
        }
        if (authority.getNotAfter().toInstant().isBefore(now)) {
            throw new IOException("The authority's certificate expired on "
                    + authority.getNotAfter().toInstant());
        }
        return authority;
    }

    private CertificateFiles write(String name, X509CertificateHolder certificate, PrivateKey key, Instant notAfter)
            throws IOException {
        Path certificateFile = directory.resolve(name + ".crt");
        Path keyFile = directory.resolve(name + ".key");
        try {
            PemStore.writePair(certificateFile, certificate.getEncoded(), keyFile, key.getEncoded());
        } catch (FileAlreadyExistsException e) {
            throw new IOException("This file exists and is not overwritten: " + e.getFile(), e);
        }
        return new CertificateFiles(name, certificateFile, keyFile, notAfter);
    }

    private static X509CertificateHolder sign(X509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException {
        return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key));
    }

    private KeyPair newKeys() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("This Java cannot make EC P-256 keys", e);
        }
    }

    private BigInteger serial() {
        return new BigInteger(SERIAL_BITS - 1, random).add(BigInteger.ONE);
    }

    private static X500Name name(String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, commonName)
                .build();
    }
}
