package io.godwit.storage.zookeeper;

import io.godwit.storage.RecordAccess;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.zookeeper.util.PemReader;

/// Shakes hands as ZooKeeper's client would, to say in words what stands against it: the client itself only
/// reports that it has no connection.
final class Handshake {
    private static final int HOPS_MAX = 16;

    private final RecordAccess.Tls tls;
    private final String host;
    private final int port;

    Handshake(RecordAccess.Tls tls, String host, int port) {
        this.tls = tls;
        this.host = host;
        this.port = port;
    }

    /// @param connected  to the server, with a timeout for reads; stays the caller's to close
    /// @return the rest of a sentence that begins with the server
    Optional<String> obstacle(Socket connected) {
        SSLSocket socket;
        try {
            socket = (SSLSocket) context().getSocketFactory().createSocket(connected, host, port, false);
        } catch (GeneralSecurityException | IOException e) {
            return Optional.of("cannot be spoken to with " + tls.certificate() + " and its key: " + e.getMessage());
        }
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(new String[] {"TLSv1.3"});
        socket.setSSLParameters(parameters);
        try {
            socket.startHandshake();
        } catch (IOException e) {
            return Optional.of(inWords(e));
        }
        return refusal(socket);
    }

    /// In TLS 1.3 a server looks at the client's certificate after the client's part of the handshake is over.
    private static Optional<String> refusal(SSLSocket socket) {
        try {
            socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            return socket.getInputStream().read() >= 0
                    ? Optional.empty()
                    : Optional.of("refuses this host's certificate: it closes the connection after the TLS handshake");
        } catch (SocketTimeoutException e) {
            return Optional.of("says nothing after the TLS handshake: " + e.getMessage());
        } catch (IOException e) {
            // Not always an alert: a server that has closed by now resets the connection instead, and the alert is
            // lost with it.
            return Optional.of("refuses this host's certificate: " + e.getMessage());
        }
    }

    private String inWords(IOException e) {
        Throwable cause = e;
        for (int hop = 0; hop < HOPS_MAX && cause != null; hop++) {
            if (cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException) {
                return "shows a certificate that is not good by " + tls.authority() + ": " + cause.getMessage();
            }
            if (cause instanceof CertificateException && cause.getCause() == null) {
                return "shows a certificate that is not for the name it is reached by: " + cause.getMessage();
            }
            if (cause instanceof EOFException || cause instanceof SocketTimeoutException) {
                return "does not answer in TLS; is this its port for TLS?";
            }
            cause = cause.getCause();
        }
        return "does not come to terms on TLS: " + e.getMessage();
    }

    private SSLContext context() throws GeneralSecurityException, IOException {
        KeyStore own =
                PemReader.loadKeyStore(tls.certificate().toFile(), tls.key().toFile(), Optional.empty());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(PemReader.loadTrustStore(tls.authority().toFile()));
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
