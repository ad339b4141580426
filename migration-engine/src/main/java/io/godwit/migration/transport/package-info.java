/// Connections: Netty, TLS, framing and heartbeats. What the frames mean is decided elsewhere.
@NullMarked
package io.godwit.migration.transport;

import org.jspecify.annotations.NullMarked;
