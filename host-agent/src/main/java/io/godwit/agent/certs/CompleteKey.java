package io.godwit.agent.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;

/// A private key as GnuTLS wants it, which is what QEMU speaks TLS with: it does not take an elliptic curve's key that
/// comes without its public half, as Java writes it.
public final class CompleteKey {
    private static final int BITS_PER_BYTE = 8;

    private CompleteKey() {}

    /// Writes the key with its public half, which is the certificate's, into a file that only root can read and that
    /// replaces what is there. A key of another kind is written as it is.
    ///
    /// @throws IOException if a file is not what it should be, or cannot be read or written
    public static void write(Path key, Path certificate, Path file) throws IOException {
        PrivateKeyInfo info = PemStore.keyInfo(key);
        X509CertificateHolder holder = PemStore.certificate(certificate);
        PrivateKeyInfo complete = info;
        if (info.getPrivateKeyAlgorithm().getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            ECPrivateKey half = ECPrivateKey.getInstance(info.parsePrivateKey());
            if (half.getPublicKey() == null) {
                ECPrivateKey whole = new ECPrivateKey(
                        orderBits(half),
                        half.getKey(),
                        holder.getSubjectPublicKeyInfo().getPublicKeyData(),
                        null);
                complete = new PrivateKeyInfo(info.getPrivateKeyAlgorithm(), whole);
            }
        }
        Files.deleteIfExists(file);
        PemStore.writeKey(file, complete.getEncoded());
    }

    /// The number is padded to as many bytes as the order of its curve has.
    private static int orderBits(ECPrivateKey key) {
        ASN1Sequence fields = ASN1Sequence.getInstance(key.toASN1Primitive());
        return ASN1OctetString.getInstance(fields.getObjectAt(1)).getOctetsLength() * BITS_PER_BYTE;
    }
}
