package io.godwit.agent.certs;

import java.nio.file.Path;
import java.time.Instant;

/// What was written.
///
/// @param certificate  PEM, readable by all
/// @param key          PEM, PKCS#8, not encrypted, readable by its owner only
/// @param notAfter     when the certificate expires
public record CertificateFiles(String name, Path certificate, Path key, Instant notAfter) {}
