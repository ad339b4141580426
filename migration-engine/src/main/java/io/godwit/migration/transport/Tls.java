package io.godwit.migration.transport;

import io.godwit.migration.MigrationEngine;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/// Mutual TLS 1.3 with one authority: both sides present a certificate, and both check the other's.
final class Tls {
    private static final int DNS_NAME = 2;

    private final SslContext client;
    private final SslContext server;

    private Tls(SslContext client, SslContext server) {
        this.client = client;
        this.server = server;
    }

    /// @throws IOException if a file cannot be read or is not what it should be
    static Tls load(MigrationEngine.Tls files) throws IOException {
        SslProvider provider = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
        try {
            SslContext client = SslContextBuilder.forClient()
                    .sslProvider(provider)
                    .protocols("TLSv1.3")
                    .trustManager(files.authority().toFile())
                    .keyManager(files.certificate().toFile(), files.key().toFile())
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
            SslContext server = SslContextBuilder.forServer(
                            files.certificate().toFile(), files.key().toFile())
                    .sslProvider(provider)
                    .protocols("TLSv1.3")
                    .trustManager(files.authority().toFile())
                    .clientAuth(ClientAuth.REQUIRE)
                    .build();
            return new Tls(client, server);
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException("The TLS files cannot be used: " + files + ": " + LinkHandler.describe(e), e);
        }
    }

    /// @param host the name that the other side's certificate must prove
    SslHandler clientHandler(Channel channel, String host, int port) {
        return client.newHandler(channel.alloc(), host, port);
    }

    SslHandler serverHandler(Channel channel) {
        return server.newHandler(channel.alloc());
    }

    static Optional<Set<String>> peerNames(Channel channel) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        if (handler == null) {
            return Optional.empty();
        }
        try {
            X509Certificate certificate =
                    (X509Certificate) handler.engine().getSession().getPeerCertificates()[0];
            return Optional.of(names(certificate));
        } catch (SSLPeerUnverifiedException | CertificateParsingException | InvalidNameException _) {
            // A certificate that proves no name is a certificate for nobody.
            return Optional.of(Set.of());
        }
    }

    /// DNS subject alternative names; the common name only where there are none.
    private static Set<String> names(X509Certificate certificate)
            throws CertificateParsingException, InvalidNameException {
        Set<String> names = new HashSet<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            for (List<?> alternative : alternatives) {
                if (alternative.get(0).equals(DNS_NAME)) {
                    names.add(String.valueOf(alternative.get(1)).toLowerCase(Locale.ROOT));
                }
            }
        }
        if (names.isEmpty()) {
            String subject = certificate.getSubjectX500Principal().getName();
            for (Rdn rdn : new LdapName(subject).getRdns()) {
                if (rdn.getType().equalsIgnoreCase("CN")) {
                    names.add(String.valueOf(rdn.getValue()).toLowerCase(Locale.ROOT));
                }
            }
        }
        return names;
    }
}
