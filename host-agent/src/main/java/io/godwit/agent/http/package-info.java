/// The agent's HTTP API: JSON over a Unix socket that only root can open, and over TCP with mutual TLS for other
/// agents. What travels is described in `io.godwit.agent.api`.
///
/// A request for a guest that another host owns is passed on to that host, once: a request that was passed on
/// already is answered where it arrives. Every failure becomes an `ErrorView` in one place, [ErrorMapping].
@NullMarked
package io.godwit.agent.http;

import org.jspecify.annotations.NullMarked;
