/// The daemon on each host, and the command line that talks to it.
@NullMarked
package io.godwit.agent;

import org.jspecify.annotations.NullMarked;
