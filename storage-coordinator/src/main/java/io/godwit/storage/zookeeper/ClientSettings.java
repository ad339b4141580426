package io.godwit.storage.zookeeper;

import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import java.io.IOException;
import org.apache.zookeeper.client.ZKClientConfig;

/// What ZooKeeper's client has to be told. Everything is said outright, so that no system property of this JVM
/// can turn TLS, or a check of it, off.
final class ClientSettings {
    private static final String SSL = "zookeeper.ssl.";

    private ClientSettings() {}

    /// Writes the key store, if there is TLS.
    static ZKClientConfig of(OwnershipSettings settings) throws IOException {
        ZKClientConfig client = new ZKClientConfig();
        client.setProperty(ZKClientConfig.ZOOKEEPER_REQUEST_TIMEOUT, Integer.toString(settings.sessionTimeoutMs()));
        // SASL is not used, and looking for it would cost a warning a connection.
        client.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        RecordAccess.Tls tls = settings.access().tls();
        client.setProperty(ZKClientConfig.SECURE_CLIENT, Boolean.toString(tls != null));
        if (tls != null) {
            PemKeyStore.write(tls.certificate(), tls.key(), tls.keyStore());
            secure(client, tls);
        }
        return client;
    }

    private static void secure(ZKClientConfig client, RecordAccess.Tls tls) {
        // The other client socket knows no TLS.
        client.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        client.setProperty(SSL + "keyStore.location", tls.keyStore().toString());
        client.setProperty(SSL + "keyStore.type", "PEM");
        client.setProperty(SSL + "keyStore.password", "");
        client.setProperty(SSL + "trustStore.location", tls.authority().toString());
        client.setProperty(SSL + "trustStore.type", "PEM");
        client.setProperty(SSL + "trustStore.password", "");
        client.setProperty(SSL + "hostnameVerification", "true");
        client.setProperty(SSL + "protocol", "TLSv1.3");
        client.setProperty(SSL + "enabledProtocols", "TLSv1.3");
        client.setProperty(SSL + "ciphersuites", "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256");
        // Otherwise the choice hangs on which native libraries can be loaded.
        client.setProperty(SSL + "sslProvider", "JDK");
        // Leaves the checking of names to the JDK, which never asks the DNS what an address is called.
        client.setProperty("zookeeper.fips-mode", "true");
    }
}
