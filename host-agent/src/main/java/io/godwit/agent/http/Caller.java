package io.godwit.agent.http;

import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// Who makes a call.
final class Caller {
    private static final int DNS_NAME = 2;

    private Caller() {}

    /// The host whose agent calls: with TLS the name in its certificate, without it what it says it is.
    ///
    /// @throws AgentException if it is no agent
    static String host(Call call) throws AgentException {
        SSLSession session = call.context().sslSession();
        if (session == null) {
            String said = call.request().headers().get(Call.FORWARDED);
            if (said == null || said.isEmpty()) {
                throw refused("Only agents may ask this", null);
            }
            return said;
        }
        try {
            if (session.getPeerCertificates()[0] instanceof X509Certificate certificate) {
                Collection<List<?>> names = certificate.getSubjectAlternativeNames();
                if (names != null) {
                    for (List<?> name : names) {
                        if (name.get(0).equals(DNS_NAME) && name.get(1) instanceof String host) {
                            return host;
                        }
                    }
                }
            }
        } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
            throw refused("The caller's certificate cannot be used", e);
        }
        throw refused("The caller's certificate names no host", null);
    }

    private static AgentException refused(String message, @Nullable Exception cause) {
        return cause == null
                ? new AgentException(Code.REFUSED, message, "", "")
                : new AgentException(Code.REFUSED, message, "", "", cause);
    }
}
