/// The cluster's own certificate authority: one key that signs one certificate a host, so that mutual TLS costs an
/// operator two commands.
@NullMarked
package io.godwit.agent.certs;

import org.jspecify.annotations.NullMarked;
